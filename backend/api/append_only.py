"""A migration operation that lets the database refuse changes of a table's rows.

On SQLite, a later migration that rebuilds the table drops its triggers, so it has to apply the operation
again; `tests/architecture/test_append_only.py` checks every table.
"""

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation

_POSTGRESQL = (
    """
    CREATE OR REPLACE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' THEN
            IF {deletable} THEN RETURN OLD; END IF;
        ELSIF TG_OP = 'UPDATE' THEN
            IF {updatable} THEN RETURN NEW; END IF;
        END IF;
        RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
    END $$
    """,
    """
    CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION {table}_append_only()
    """,
    """
    CREATE TRIGGER {table}_append_only_truncate BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()
    """,
)
_SQLITE = (
    """
    CREATE TRIGGER {table}_append_only_update BEFORE UPDATE ON {table}
    WHEN COALESCE({updatable}, FALSE) IS FALSE
    BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
    """,
    """
    CREATE TRIGGER {table}_append_only_delete BEFORE DELETE ON {table}
    WHEN COALESCE({deletable}, FALSE) IS FALSE
    BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
    """,
    # REPLACE deletes the old row without calling the trigger for deletions.
    """
    CREATE TRIGGER {table}_append_only_replace BEFORE INSERT ON {table}
    WHEN EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key})
    BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
    """,
)


class AppendOnly(Operation):
    """Refuse UPDATE and DELETE, except as the conditions allow, and TRUNCATE.

    `updatable` and `deletable` are SQL conditions on the rows OLD and NEW that both databases understand.
    """

    reversible = True

    def __init__(
        self, table: str, *, key: str = "id", updatable: str = "FALSE", deletable: str = "FALSE"
    ) -> None:
        """Store the table, the column of its primary key, and the exceptions."""
        self.table, self.key, self.updatable, self.deletable = table, key, updatable, deletable

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Change nothing: models don't know of triggers."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        """Create the triggers."""
        statements = _POSTGRESQL if schema_editor.connection.vendor == "postgresql" else _SQLITE
        for sql in statements:
            schema_editor.execute(
                sql.format(
                    table=self.table, key=self.key, updatable=self.updatable, deletable=self.deletable
                ),
                params=None,
            )

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        """Drop the triggers."""
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(f"DROP FUNCTION {self.table}_append_only() CASCADE")
        else:
            for event in ("update", "delete", "replace"):
                schema_editor.execute(f"DROP TRIGGER {self.table}_append_only_{event}")

    def describe(self) -> str:
        """Return what the operation does."""
        return f"Refuse changes of rows of {self.table}"
