from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds a column with a default of the database, so that processes of the previous release go on inserting."""

    dependencies = [("recommendations", "0002_metrics")]

    operations = [
        migrations.AddField(
            "modelversion", "pauses_publishing", models.BooleanField(db_default=False, default=False)
        ),
    ]
