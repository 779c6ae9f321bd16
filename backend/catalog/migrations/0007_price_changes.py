import django.db.models.deletion
from django.db import migrations, models

from backend.api.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0006_tax_class_and_weight"),
    ]

    operations = [
        migrations.AddField(
            model_name="product",
            name="lowest_price_30_days",
            field=models.DecimalField(blank=True, decimal_places=4, max_digits=14, null=True),
        ),
        migrations.AddField(
            model_name="variant",
            name="lowest_price_30_days",
            field=models.DecimalField(blank=True, decimal_places=4, max_digits=14, null=True),
        ),
        migrations.CreateModel(
            name="PriceChange",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("currency", models.CharField(max_length=3)),
                ("old_price", models.DecimalField(decimal_places=4, max_digits=14, null=True)),
                ("new_price", models.DecimalField(decimal_places=4, max_digits=14)),
                ("list_price", models.DecimalField(decimal_places=4, max_digits=14)),
                ("promotion_id", models.BigIntegerField(null=True)),
                ("changed_at", models.DateTimeField()),
                (
                    "variant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="price_changes",
                        to="catalog.variant",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "indexes": [
                    models.Index(fields=["variant", "changed_at"], name="price_changes_of_variant"),
                ],
            },
        ),
        AppendOnly("catalog_pricechange"),
    ]
