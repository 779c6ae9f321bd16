from typing import Any

from django.db import migrations, models


def publish(apps: Any, schema_editor: Any) -> None:
    """Let display prices be computed for the promotions and flags that exist."""
    message = apps.get_model("outbox", "Message")
    promotions = apps.get_model("promotions", "Promotion").objects.order_by("pk")
    flagged = apps.get_model("catalog", "Product").objects.filter(flash_sale=True).order_by("pk")
    for topic, rows in (("promotion", promotions), ("product", flagged)):
        keys = rows.values_list("pk", flat=True)
        message.objects.bulk_create(message(topic=topic, key=str(key)) for key in keys)


class Migration(migrations.Migration):
    dependencies = [
        ("promotions", "0001_promotions"),
        ("catalog", "0010_display_prices"),
        ("outbox", "0003_scheduled"),
    ]

    operations = [
        migrations.AddField(
            model_name="promotion",
            name="displayed",
            field=models.CharField(blank=True, db_default="", default="", max_length=40),
        ),
        migrations.AddField(
            model_name="promotion",
            name="is_flash_sale",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddConstraint(
            model_name="promotion",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_flash_sale", False))
                | models.Q(("code_required", False), ("ends_at__isnull", False)),
                name="promotion_flash_sale_ends",
            ),
        ),
        migrations.RunPython(publish, migrations.RunPython.noop),
    ]
