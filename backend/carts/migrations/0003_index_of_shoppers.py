from django.db import migrations, models

from backend.api.concurrent_index import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("carts", "0002_carts_of_guests"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="cartitem",
            index=models.Index(
                condition=models.Q(("shopper_key__isnull", False)),
                fields=["shopper_key"],
                name="cart_item_of_shopper",
            ),
        ),
    ]
