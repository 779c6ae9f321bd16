from decimal import Decimal

import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0005_products_imported_once_by_seller"),
        ("inventory", "0004_reservations_in_parts"),
        ("orders", "0002_amounts_with_four_decimal_places"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="OrderAdjustment",
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
                        choices=[("PROMOTION", "promotion"), ("SHIPPING", "shipping"), ("MANUAL", "by hand")],
                        max_length=9,
                    ),
                ),
                ("code", models.CharField(blank=True, max_length=40)),
                ("description", models.CharField(blank=True, max_length=200)),
                ("amount", models.DecimalField(decimal_places=4, max_digits=16)),
                ("tax_rate", models.DecimalField(decimal_places=4, default=Decimal(0), max_digits=7)),
                ("tax_amount", models.DecimalField(decimal_places=4, default=Decimal(0), max_digits=16)),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="order",
            name="order_status_is_known",
        ),
        migrations.AddField(
            model_name="order",
            name="billing_address",
            field=models.JSONField(blank=True, db_default={}, default=dict),
        ),
        migrations.AddField(
            model_name="order",
            name="email",
            field=models.EmailField(blank=True, db_default="", default="", max_length=254),
        ),
        migrations.AddField(
            model_name="order",
            name="expires_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="order",
            name="guest",
            field=models.CharField(blank=True, db_default="", default="", max_length=64),
        ),
        migrations.AddField(
            model_name="order",
            name="prices_include_tax",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="order",
            name="shipping_method",
            field=models.CharField(blank=True, db_default="", default="", max_length=40),
        ),
        migrations.AddField(
            model_name="orderitem",
            name="cancelled",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="orderitem",
            name="delivered",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="orderitem",
            name="discount_amount",
            field=models.DecimalField(
                db_default=Decimal(0), decimal_places=4, default=Decimal(0), max_digits=16
            ),
        ),
        migrations.AddField(
            model_name="orderitem",
            name="list_price",
            field=models.DecimalField(decimal_places=4, max_digits=14, null=True),
        ),
        migrations.AddField(
            model_name="orderitem",
            name="net_amount",
            field=models.DecimalField(decimal_places=4, max_digits=16, null=True),
        ),
        migrations.AddField(
            model_name="orderitem",
            name="seller",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="orderitem",
            name="shipped",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="orderitem",
            name="tax_amount",
            field=models.DecimalField(
                db_default=Decimal(0), decimal_places=4, default=Decimal(0), max_digits=16
            ),
        ),
        migrations.AddField(
            model_name="orderitem",
            name="tax_class",
            field=models.CharField(blank=True, db_default="", default="", max_length=20),
        ),
        migrations.AddField(
            model_name="orderitem",
            name="tax_rate",
            field=models.DecimalField(
                db_default=Decimal(0), decimal_places=4, default=Decimal(0), max_digits=7
            ),
        ),
        migrations.AlterField(
            model_name="order",
            name="payment_method",
            field=models.CharField(
                choices=[
                    ("COD", "cash on delivery"),
                    ("TEST", "the gateway for tests"),
                    ("STRIPE", "Stripe"),
                    ("PAYPAL", "PayPal"),
                    ("ELSEWHERE", "in the shop that the order was taken over from"),
                ],
                default="COD",
                max_length=9,
            ),
        ),
        migrations.AlterField(
            model_name="order",
            name="payment_status",
            field=models.CharField(
                choices=[
                    ("PENDING", "to be paid"),
                    ("AUTHORISED", "authorised, not yet captured"),
                    ("PAID", "paid"),
                    ("PARTLY_REFUNDED", "refunded in part"),
                    ("REFUNDED", "refunded"),
                    ("CANCELLED", "nothing is to be paid"),
                ],
                default="PENDING",
                max_length=15,
            ),
        ),
        migrations.AlterField(
            model_name="order",
            name="status",
            field=models.CharField(
                choices=[
                    ("PENDING", "placed"),
                    ("CONFIRMED", "confirmed"),
                    ("PARTIALLY_SHIPPED", "shipped in part"),
                    ("SHIPPED", "shipped"),
                    ("DELIVERED", "delivered"),
                    ("PARTIALLY_RETURNED", "returned in part"),
                    ("RETURNED", "returned"),
                    ("CANCELLED", "cancelled"),
                ],
                default="PENDING",
                max_length=18,
            ),
        ),
        migrations.AlterField(
            model_name="orderstatushistory",
            name="status",
            field=models.CharField(
                choices=[
                    ("PENDING", "placed"),
                    ("CONFIRMED", "confirmed"),
                    ("PARTIALLY_SHIPPED", "shipped in part"),
                    ("SHIPPED", "shipped"),
                    ("DELIVERED", "delivered"),
                    ("PARTIALLY_RETURNED", "returned in part"),
                    ("RETURNED", "returned"),
                    ("CANCELLED", "cancelled"),
                ],
                max_length=18,
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("guest", ""), _negated=True), fields=["guest"], name="order_by_guest"
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("status", "PENDING")), fields=["expires_at"], name="order_by_expiry"
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "status__in",
                        [
                            "PENDING",
                            "CONFIRMED",
                            "PARTIALLY_SHIPPED",
                            "SHIPPED",
                            "DELIVERED",
                            "PARTIALLY_RETURNED",
                            "RETURNED",
                            "CANCELLED",
                        ],
                    )
                ),
                name="order_status_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("prices_include_tax", True),
                        (
                            "total_amount__range",
                            (
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("subtotal"), "+", models.F("shipping_cost")
                                        ),
                                        "+",
                                        models.F("charges"),
                                    ),
                                    "-",
                                    models.Value(Decimal("0.004")),
                                ),
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("subtotal"), "+", models.F("shipping_cost")
                                        ),
                                        "+",
                                        models.F("charges"),
                                    ),
                                    "+",
                                    models.Value(Decimal("0.004")),
                                ),
                            ),
                        ),
                    ),
                    models.Q(
                        ("prices_include_tax", False),
                        (
                            "total_amount__range",
                            (
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            django.db.models.expressions.CombinedExpression(
                                                models.F("subtotal"), "+", models.F("shipping_cost")
                                            ),
                                            "+",
                                            models.F("charges"),
                                        ),
                                        "+",
                                        models.F("tax_amount"),
                                    ),
                                    "-",
                                    models.Value(Decimal("0.004")),
                                ),
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            django.db.models.expressions.CombinedExpression(
                                                models.F("subtotal"), "+", models.F("shipping_cost")
                                            ),
                                            "+",
                                            models.F("charges"),
                                        ),
                                        "+",
                                        models.F("tax_amount"),
                                    ),
                                    "+",
                                    models.Value(Decimal("0.004")),
                                ),
                            ),
                        ),
                    ),
                    _connector="OR",
                ),
                name="order_total_adds_up",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "quantity__gte",
                        django.db.models.expressions.CombinedExpression(
                            models.F("cancelled"), "+", models.F("shipped")
                        ),
                    )
                ),
                name="order_item_cancelled_or_shipped_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderitem",
            constraint=models.CheckConstraint(
                condition=models.Q(("delivered__lte", models.F("shipped"))),
                name="order_item_delivered_within_shipped",
            ),
        ),
        migrations.AddField(
            model_name="orderadjustment",
            name="item",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="adjustments",
                to="orders.orderitem",
            ),
        ),
        migrations.AddField(
            model_name="orderadjustment",
            name="order",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="adjustments", to="orders.order"
            ),
        ),
        migrations.AddConstraint(
            model_name="orderadjustment",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["PROMOTION", "SHIPPING", "MANUAL"])),
                name="order_adjustment_kind_is_known",
            ),
        ),
    ]
