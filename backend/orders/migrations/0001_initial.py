import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("catalog", "0001_initial"),
        ("inventory", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Order",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("order_number", models.CharField(max_length=20, unique=True)),
                ("customer_name", models.CharField(blank=True, max_length=301)),
                ("customer_phone", models.CharField(blank=True, max_length=20)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("PENDING", "placed"),
                            ("CONFIRMED", "confirmed"),
                            ("SHIPPED", "shipped"),
                            ("DELIVERED", "delivered"),
                            ("CANCELLED", "cancelled"),
                        ],
                        default="PENDING",
                        max_length=9,
                    ),
                ),
                (
                    "payment_status",
                    models.CharField(
                        choices=[
                            ("PENDING", "to be paid"),
                            ("PAID", "paid"),
                            ("CANCELLED", "nothing is to be paid"),
                        ],
                        default="PENDING",
                        max_length=9,
                    ),
                ),
                (
                    "payment_method",
                    models.CharField(
                        choices=[
                            ("COD", "cash on delivery"),
                            ("ELSEWHERE", "in the shop that the order was taken over from"),
                        ],
                        default="COD",
                        max_length=9,
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                ("subtotal", models.DecimalField(decimal_places=2, max_digits=14)),
                ("tax_amount", models.DecimalField(decimal_places=2, default=0, max_digits=14)),
                ("shipping_cost", models.DecimalField(decimal_places=2, default=0, max_digits=14)),
                ("charges", models.DecimalField(decimal_places=2, default=0, max_digits=14)),
                ("charge_lines", models.JSONField(blank=True, default=list)),
                ("total_amount", models.DecimalField(decimal_places=2, max_digits=14)),
                ("shipping_address", models.JSONField(blank=True, default=dict)),
                ("notes", models.CharField(blank=True, max_length=1000)),
                ("placed_at", models.DateTimeField(db_index=True)),
                ("source", models.CharField(blank=True, max_length=32)),
                ("source_reference", models.CharField(blank=True, max_length=64, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="orders",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="OrderItem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("quantity", models.PositiveIntegerField()),
                ("returned", models.PositiveIntegerField(default=0)),
                ("unit_price", models.DecimalField(decimal_places=2, max_digits=12)),
                ("total_price", models.DecimalField(decimal_places=2, max_digits=14)),
                ("product_snapshot", models.JSONField(default=dict)),
                ("exposure_id", models.UUIDField(null=True)),
                ("cart_added_at", models.DateTimeField(null=True)),
                ("shopper_key", models.UUIDField(null=True)),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="items", to="orders.order"
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="catalog.product"
                    ),
                ),
                (
                    "reservation",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="order_item",
                        to="inventory.reservation",
                    ),
                ),
                (
                    "variant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="catalog.variant"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Movement",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("SALE", "sale"),
                            ("CANCEL", "cancel"),
                            ("RETURN", "return"),
                            ("REFUND", "refund"),
                        ],
                        max_length=6,
                    ),
                ),
                ("category_path", models.CharField(max_length=1000)),
                ("quantity", models.PositiveIntegerField()),
                ("amount", models.DecimalField(decimal_places=2, max_digits=14)),
                ("currency", models.CharField(max_length=3)),
                ("occurred_at", models.DateTimeField()),
                ("shopper_key", models.UUIDField(null=True)),
                ("exposure_id", models.UUIDField(null=True)),
                ("cart_added_at", models.DateTimeField(null=True)),
                ("reference", models.CharField(max_length=100, null=True, unique=True)),
                (
                    "customer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.product",
                    ),
                ),
                (
                    "seller",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "variant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.variant",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="movements",
                        to="orders.order",
                    ),
                ),
                (
                    "order_item",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="movements",
                        to="orders.orderitem",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="OrderStatusHistory",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("PENDING", "placed"),
                            ("CONFIRMED", "confirmed"),
                            ("SHIPPED", "shipped"),
                            ("DELIVERED", "delivered"),
                            ("CANCELLED", "cancelled"),
                        ],
                        max_length=9,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=500)),
                ("changed_at", models.DateTimeField()),
                (
                    "changed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="history", to="orders.order"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "order status history",
                "ordering": ["id"],
            },
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.UniqueConstraint(
                fields=("source", "source_reference"), name="order_imported_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(("subtotal__gte", 0)), name="order_subtotal_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status__in", ["PENDING", "CONFIRMED", "SHIPPED", "DELIVERED", "CANCELLED"])
                ),
                name="order_status_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderitem",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gt", 0)), name="order_item_holds_something"
            ),
        ),
        migrations.AddConstraint(
            model_name="orderitem",
            constraint=models.CheckConstraint(
                condition=models.Q(("returned__lte", models.F("quantity"))),
                name="order_item_returned_within_quantity",
            ),
        ),
        migrations.AddIndex(
            model_name="movement",
            index=models.Index(fields=["kind", "occurred_at"], name="movement_by_kind_and_time"),
        ),
        migrations.AddConstraint(
            model_name="movement",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gte", 0)), name="movement_amount_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="movement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("order", None), ("order_item", None)),
                    models.Q(("order__isnull", False), ("order_item__isnull", False)),
                    ("kind", "REFUND"),
                    _connector="OR",
                ),
                name="movement_names_order_and_item",
            ),
        ),
        migrations.AddConstraint(
            model_name="movement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["RETURN", "REFUND"]), ("order__isnull", False), _connector="OR"
                ),
                name="movement_of_sale_has_an_order",
            ),
        ),
    ]
