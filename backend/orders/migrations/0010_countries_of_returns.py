from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0009_index_of_sellers"),
    ]

    operations = [
        migrations.AddField(
            model_name="movement",
            name="country",
            field=models.CharField(blank=True, db_default="", default="", max_length=80),
        ),
    ]
