import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="ModelVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.CharField(max_length=64, unique=True)),
                ("made_by", models.JSONField(default=dict)),
                ("marks", models.JSONField(default=dict)),
                ("loaded_at", models.DateTimeField(null=True)),
                ("published_at", models.DateTimeField(null=True)),
                ("is_serving", models.BooleanField(default=False)),
            ],
            options={
                "ordering": ["-version"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_serving", True)),
                        fields=("is_serving",),
                        name="one_version_is_serving",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_serving", False),
                            models.Q(("loaded_at__isnull", False), ("published_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="only_a_loaded_version_is_serving",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ProductRecommendation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "audience",
                    models.CharField(
                        choices=[
                            ("user", "a shopper, by key"),
                            ("product", "somebody who looks at a product, by its id"),
                            ("everyone", "somebody of whom nothing is known"),
                        ],
                        max_length=8,
                    ),
                ),
                ("subject", models.CharField(blank=True, max_length=36)),
                (
                    "algorithm",
                    models.CharField(
                        choices=[
                            ("collaborative", "from what people with the same taste chose"),
                            ("content_based", "from the products' texts and attributes"),
                            ("hybrid", "from both"),
                            ("popularity", "from what everybody chooses"),
                        ],
                        max_length=13,
                    ),
                ),
                ("entries", models.JSONField()),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lists",
                        to="recommendations.modelversion",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("version", "audience", "subject", "algorithm"), name="one_list_a_subject"
                    )
                ],
            },
        ),
    ]
