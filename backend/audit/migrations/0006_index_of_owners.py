from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0005_index_of_systems"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(
                condition=models.Q(("owner_id__isnull", False)), fields=["owner_id"], name="audit_of_an_owner"
            ),
        ),
    ]
