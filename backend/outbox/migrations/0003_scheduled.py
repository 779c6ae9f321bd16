from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("outbox", "0002_cursors_close"),
    ]

    operations = [
        migrations.CreateModel(
            name="Scheduled",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("topic", models.CharField(max_length=32)),
                ("key", models.CharField(max_length=64)),
                ("due_at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["due_at", "id"], name="outbox_scheduled_in_order")],
                "constraints": [
                    models.UniqueConstraint(fields=("topic", "key", "due_at"), name="outbox_scheduled_once")
                ],
            },
        ),
    ]
