from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("outbox", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="cursor",
            name="closed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="cursor",
            name="overtaken",
            field=models.BooleanField(db_default=False),
        ),
        migrations.AddField(
            model_name="cursor",
            name="remedy",
            field=models.CharField(blank=True, db_default="", max_length=200),
        ),
    ]
