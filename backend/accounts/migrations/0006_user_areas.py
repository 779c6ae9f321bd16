from typing import Any

from django.db import migrations, models
from django.db.models import Q

AREAS = "catalogue,stock,orders,payments,customers,search,reports,models,operations,audit,staff"


def grant_all_areas(apps: Any, schema_editor: Any) -> None:
    """Give staff all areas, because all staff could do everything before there were areas."""
    staff = apps.get_model("accounts", "User").objects.filter(is_staff=True, is_superuser=False)
    staff.exclude(user_type="ADMIN").update(areas=AREAS)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_one_time_passwords")]

    operations = [
        migrations.AddField(
            "user", "areas", models.CharField(blank=True, db_default="", default="", max_length=255)
        ),
        migrations.RunPython(grant_all_areas, migrations.RunPython.noop, elidable=True),
        migrations.AddConstraint(
            "user",
            models.CheckConstraint(
                condition=Q(areas="") | Q(is_staff=True),
                name="areas_are_of_staff",
            ),
        ),
    ]
