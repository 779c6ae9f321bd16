"""Count the units of reservations that are closed."""

from django.db import migrations

FILL = """
    UPDATE inventory_reservation
    SET fulfilled = CASE state WHEN 'FULFILLED' THEN quantity ELSE 0 END,
        released = CASE state WHEN 'RELEASED' THEN quantity ELSE 0 END
    WHERE state IN ('FULFILLED', 'RELEASED') AND fulfilled + released = 0
"""


class Migration(migrations.Migration):
    """In its own transaction, because PostgreSQL can't alter a table whose rows were changed in the same."""

    dependencies = [("inventory", "0004_reservations_in_parts")]
    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
