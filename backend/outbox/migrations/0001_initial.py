import django.db.models.functions.datetime
from django.db import migrations, models

import backend.outbox.models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Cursor",
            fields=[
                ("subscriber", models.CharField(max_length=100, primary_key=True, serialize=False)),
                ("xid", models.BigIntegerField(default=0)),
                ("message_id", models.BigIntegerField(default=0)),
                ("lease_owner", models.CharField(default="", max_length=64)),
                ("lease_until", models.DateTimeField(null=True)),
                ("moved_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("failure", models.TextField(default="")),
            ],
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("xid", models.BigIntegerField(db_default=backend.outbox.models.CurrentTransaction())),
                ("topic", models.CharField(max_length=32)),
                ("key", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "indexes": [models.Index(fields=["xid", "id"], name="outbox_in_commit_order")],
            },
        ),
    ]
