from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0012_new_device_events"),
    ]

    operations = [
        migrations.AddField(
            model_name="session",
            name="is_tracked",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="session",
            name="is_logged_out",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
