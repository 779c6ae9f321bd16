"""Store when an order expired, and let an item be sold only once."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

NOTE = "The order was not paid in time."


def fill(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Find the expired orders by the note on their cancellation, which was their only sign before."""
    orders = apps.get_model("orders", "Order")
    expired = orders.objects.filter(
        status="CANCELLED", movements=None, history__note=NOTE, history__status="CANCELLED"
    )
    orders.objects.filter(pk__in=expired.values("pk")).update(expired_at=models.F("expires_at"))


class Migration(migrations.Migration):
    dependencies = [("orders", "0006_refunds_without_units")]

    operations = [
        migrations.AddField("order", "expired_at", models.DateTimeField(null=True, blank=True)),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddConstraint(
            "movement",
            models.UniqueConstraint(
                fields=["order_item"], condition=models.Q(kind="SALE"), name="movement_sells_an_item_once"
            ),
        ),
    ]
