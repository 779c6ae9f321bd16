import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("catalog", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="InventoryTransaction",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "transaction_type",
                    models.CharField(
                        choices=[
                            ("IN", "received"),
                            ("OUT", "shipped"),
                            ("ADJUSTMENT", "counted differently"),
                            ("RETURN", "brought back"),
                            ("DAMAGE", "broken or lost"),
                        ],
                        max_length=10,
                    ),
                ),
                ("quantity", models.IntegerField()),
                ("effect", models.IntegerField()),
                ("reference", models.CharField(blank=True, max_length=100)),
                ("notes", models.CharField(blank=True, max_length=500)),
                ("recorded_at", models.DateTimeField(db_index=True)),
                (
                    "recorded_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "variant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="inventory_transactions",
                        to="catalog.variant",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("effect__gt", 0), ("transaction_type__in", ["IN", "RETURN"])),
                            models.Q(("effect__lt", 0), ("transaction_type__in", ["OUT", "DAMAGE"])),
                            models.Q(
                                ("transaction_type", "ADJUSTMENT"), models.Q(("effect", 0), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="inventory_effect_fits_type",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Reservation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("quantity", models.PositiveIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[("COMMITTED", "held"), ("FULFILLED", "shipped"), ("RELEASED", "given back")],
                        default="COMMITTED",
                        max_length=9,
                    ),
                ),
                ("reference", models.CharField(max_length=100)),
                ("created_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
                (
                    "variant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reservations",
                        to="catalog.variant",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("quantity__gt", 0)), name="reservation_holds_something"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_at", None), ("state", "COMMITTED")),
                            models.Q(
                                models.Q(("state", "COMMITTED"), _negated=True), ("closed_at__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="reservation_closed_when_over",
                    ),
                ],
            },
        ),
    ]
