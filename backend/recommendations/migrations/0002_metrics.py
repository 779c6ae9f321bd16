from django.db import migrations, models


class Migration(migrations.Migration):
    """Renames a field and keeps its column, so that processes of the previous release go on reading it."""

    dependencies = [("recommendations", "0001_initial")]

    operations = [
        migrations.AlterField("modelversion", "marks", models.JSONField(default=dict, db_column="marks")),
        migrations.RenameField("modelversion", "marks", "metrics"),
        migrations.AlterField(
            model_name="productrecommendation",
            name="algorithm",
            field=models.CharField(
                choices=[
                    ("collaborative", "from other shoppers' interactions"),
                    ("content_based", "from the products' texts and attributes"),
                    ("hybrid", "from both"),
                    ("popularity", "from the number of interactions"),
                ],
                max_length=13,
            ),
        ),
        migrations.AlterField(
            model_name="productrecommendation",
            name="audience",
            field=models.CharField(
                choices=[
                    ("user", "a shopper, by key"),
                    ("product", "a product's page, by id"),
                    ("everyone", "a shopper without a history"),
                ],
                max_length=8,
            ),
        ),
    ]
