import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds columns that processes of the previous release leave empty, and the pointer."""

    dependencies = [("recommendations", "0005_more_algorithms")]

    operations = [
        migrations.AddField("productrecommendation", "bytes", models.PositiveBigIntegerField(null=True)),
        migrations.AddField("productrecommendation", "lists", models.PositiveIntegerField(null=True)),
        migrations.AddField("productrecommendation", "sha256", models.CharField(max_length=64, null=True)),
        migrations.AlterField("productrecommendation", "entries", models.JSONField(default=list)),
        migrations.AddField(
            "publication",
            "replaces",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="recommendations.publication",
            ),
        ),
        migrations.CreateModel(
            name="ServingPointer",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("generation", models.BigIntegerField(default=0)),
                ("pinned_by", models.CharField(blank=True, max_length=64)),
                ("pinned_reason", models.CharField(blank=True, max_length=500)),
                ("pinned_at", models.DateTimeField(null=True)),
                (
                    "publication",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="recommendations.publication",
                    ),
                ),
            ],
            options={
                "db_table": "recommendations_serving",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="one_serving_pointer"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("pinned_at__isnull", True), ("publication__isnull", False), _connector="OR"
                        ),
                        name="only_what_serves_is_pinned",
                    ),
                ],
            },
        ),
    ]
