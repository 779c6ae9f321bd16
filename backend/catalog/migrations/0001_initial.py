from decimal import Decimal

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Category",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                ("slug", models.SlugField(max_length=250, unique=True)),
                ("path", models.CharField(max_length=1000, unique=True)),
                ("depth", models.PositiveSmallIntegerField(default=0)),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="catalog.category",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "categories",
                "ordering": ["path"],
            },
        ),
        migrations.CreateModel(
            name="Product",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("title", models.CharField(max_length=300)),
                ("slug", models.SlugField(max_length=320)),
                ("description", models.TextField(blank=True)),
                ("brand", models.CharField(blank=True, db_index=True, max_length=120)),
                ("price", models.DecimalField(decimal_places=2, max_digits=12)),
                (
                    "discount_percentage",
                    models.DecimalField(decimal_places=8, default=Decimal(0), max_digits=11),
                ),
                ("sale_price", models.DecimalField(db_index=True, decimal_places=2, max_digits=12)),
                ("currency", models.CharField(max_length=3)),
                ("flash_sale", models.BooleanField(default=False)),
                ("best_seller_product", models.BooleanField(default=False)),
                ("featured_product", models.BooleanField(default=False)),
                ("is_active", models.BooleanField(default=True)),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "rating_average",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=3, null=True),
                ),
                ("rating_count", models.PositiveIntegerField(default=0)),
                ("popularity", models.PositiveIntegerField(db_index=True, default=0)),
                ("attributes", models.JSONField(blank=True, default=dict)),
                ("image_urls", models.JSONField(blank=True, default=list)),
                ("source", models.CharField(blank=True, max_length=32)),
                ("source_reference", models.CharField(blank=True, max_length=64, null=True)),
                ("created_at", models.DateTimeField(db_index=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "category",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="products",
                        to="catalog.category",
                    ),
                ),
                (
                    "seller",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="products",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Variant",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=200)),
                ("sku", models.CharField(max_length=64, unique=True)),
                (
                    "price_modifier",
                    models.DecimalField(decimal_places=2, default=Decimal(0), max_digits=12),
                ),
                ("sale_price", models.DecimalField(decimal_places=2, max_digits=12)),
                ("attributes", models.JSONField(blank=True, default=dict)),
                ("stock", models.PositiveIntegerField(default=0)),
                ("reserved", models.PositiveIntegerField(default=0)),
                ("is_active", models.BooleanField(default=True)),
                ("image_url", models.URLField(blank=True, max_length=500)),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="variants",
                        to="catalog.product",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.UniqueConstraint(
                fields=("source", "source_reference"), name="product_imported_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(("price__gte", 0)), name="product_price_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(("sale_price__gte", 0)), name="product_sale_price_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(("discount_percentage__gte", 0), ("discount_percentage__lte", 100)),
                name="product_discount_is_a_percentage",
            ),
        ),
        migrations.AddConstraint(
            model_name="variant",
            constraint=models.CheckConstraint(
                condition=models.Q(("reserved__lte", models.F("stock"))), name="variant_reserved_within_stock"
            ),
        ),
        migrations.AddConstraint(
            model_name="variant",
            constraint=models.CheckConstraint(
                condition=models.Q(("sale_price__gte", 0)), name="variant_sale_price_not_negative"
            ),
        ),
    ]
