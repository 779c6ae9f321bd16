import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds the neighbours of products that are newer than the version that serves."""

    dependencies = [
        ("catalog", "0006_tax_class_and_weight"),
        ("recommendations", "0007_point_to_what_serves"),
    ]

    operations = [
        migrations.CreateModel(
            "NewProduct",
            [
                (
                    "product",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="catalog.product",
                    ),
                ),
                ("near", models.JSONField()),
                ("changed_at", models.DateTimeField()),
            ],
        )
    ]
