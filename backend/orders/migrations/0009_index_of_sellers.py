from django.db import migrations, models

from backend.api.concurrent_index import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("orders", "0008_indexes_of_shoppers"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="movement",
            index=models.Index(fields=["seller"], name="movement_of_seller"),
        ),
    ]
