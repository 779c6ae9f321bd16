import django.db.models.expressions
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0005_products_imported_once_by_seller"),
        ("inventory", "0003_back_in_stock"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="reservation",
            name="reservation_closed_when_over",
        ),
        migrations.AddField(
            model_name="reservation",
            name="fulfilled",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="reservation",
            name="released",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name="reservation",
            name="state",
            field=models.CharField(
                choices=[
                    ("HELD", "held until it is paid"),
                    ("COMMITTED", "held"),
                    ("FULFILLED", "shipped"),
                    ("RELEASED", "given back"),
                ],
                default="COMMITTED",
                max_length=9,
            ),
        ),
        migrations.AddConstraint(
            model_name="reservation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("closed_at", None),
                        (
                            "quantity__gt",
                            django.db.models.expressions.CombinedExpression(
                                models.F("fulfilled"), "+", models.F("released")
                            ),
                        ),
                        ("state__in", ("HELD", "COMMITTED")),
                    ),
                    models.Q(
                        models.Q(("state__in", ("HELD", "COMMITTED")), _negated=True),
                        ("closed_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="reservation_closed_when_over",
            ),
        ),
        migrations.AddConstraint(
            model_name="reservation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "quantity__gte",
                        django.db.models.expressions.CombinedExpression(
                            models.F("fulfilled"), "+", models.F("released")
                        ),
                    )
                ),
                name="reservation_units_within_quantity",
            ),
        ),
    ]
