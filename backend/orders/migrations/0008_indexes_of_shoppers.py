from django.db import migrations, models

from backend.api.concurrent_index import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("orders", "0007_expired_orders"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="movement",
            index=models.Index(
                condition=models.Q(("shopper_key__isnull", False)),
                fields=["shopper_key"],
                name="movement_of_shopper",
            ),
        ),
        AddIndexConcurrently(
            model_name="orderitem",
            index=models.Index(
                condition=models.Q(("shopper_key__isnull", False)),
                fields=["shopper_key"],
                name="order_item_of_shopper",
            ),
        ),
    ]
