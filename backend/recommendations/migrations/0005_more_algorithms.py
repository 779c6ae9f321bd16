from django.db import migrations, models


class Migration(migrations.Migration):
    """Names more algorithms; the database has no list of them."""

    dependencies = [("recommendations", "0004_publications")]

    operations = [
        migrations.AlterField(
            "productrecommendation",
            "algorithm",
            models.CharField(
                max_length=13,
                choices=[
                    ("collaborative", "from other shoppers' interactions"),
                    ("content_based", "from the products' texts and attributes"),
                    ("hybrid", "from both"),
                    ("popularity", "from the number of interactions"),
                    ("together", "from products of the same orders"),
                    ("buy_again", "from what the customer buys repeatedly"),
                    ("trending", "from the growth of the number of buyers"),
                ],
            ),
        )
    ]
