"""Bring a warehouse to the schema in schema/*.sql: numbered files, one object each, applied once.

ClickHouse has no transactions, so applying a file twice must be harmless: two migrators may run at once, and
after a crash the file that was not yet recorded is applied again. A comment above each INSERT explains, after
the word "Repeatable:", why repeating it is harmless.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from analytics_pipeline import rollups
from analytics_pipeline.columns import SCHEMA_FOLDER
from analytics_pipeline.rollups import Rollup
from analytics_pipeline.warehouse import Warehouse, WarehouseRefused

_FILE = re.compile(r"(\d{3})_([a-z0-9_]+)\.sql")
_REPEATABLE = re.compile(
    r"CREATE OR REPLACE VIEW "
    r"|CREATE (TABLE|MATERIALIZED VIEW) IF NOT EXISTS "
    r"|ALTER TABLE \w+\s+(ADD COLUMN IF NOT EXISTS|DROP COLUMN IF EXISTS|MODIFY) "
    r"|DROP (TABLE|VIEW) IF EXISTS ",
    re.IGNORECASE,
)
# A clause after the first.
_NOT_REPEATABLE = re.compile(r"\b(ADD COLUMN (?!IF NOT EXISTS)|DROP COLUMN (?!IF EXISTS))", re.IGNORECASE)
_REPEATABLE_INSERT = re.compile(
    r"^-- Repeatable: .*\nINSERT INTO \w+ ", re.IGNORECASE | re.DOTALL | re.MULTILINE
)
_JOURNAL = """
CREATE TABLE IF NOT EXISTS schema_migrations
(number UInt16, name String, checksum String, applied_at DateTime('UTC') DEFAULT now('UTC'))
ENGINE = ReplacingMergeTree ORDER BY (number, name, checksum)
"""
# ClickHouse's codes for a table and a database that don't exist.
_UNKNOWN = frozenset({60, 81})


class InvalidMigration(ValueError):
    """A schema file that can't be applied safely."""


class MigrationChanged(Exception):
    """A file differs from what was applied under its number; a change needs a file of its own."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} was changed after it was applied; put the change into a new file instead")
        self.name = name


@dataclass(frozen=True, slots=True)
class Migration:
    """One schema file."""

    number: int
    name: str
    statement: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the statement."""
        return hashlib.sha256(self.statement.encode()).hexdigest()


def load(folder: Path = SCHEMA_FOLDER) -> list[Migration]:
    """Return the migrations in their order.

    Raises:
        InvalidMigration: a file can't be applied safely, or a number is missing.
    """
    migrations = [_read(path) for path in sorted(folder.glob("*.sql"))]
    numbers = [migration.number for migration in migrations]
    if numbers != list(range(1, len(numbers) + 1)):
        raise InvalidMigration(f"The numbers of the files are not 1, 2, 3 …: {numbers}")
    return migrations


def pending(warehouse: Warehouse, *, migrations: list[Migration]) -> list[Migration]:
    """Return the migrations that haven't been applied yet; the warehouse isn't changed.

    Raises:
        MigrationChanged: a file differs from what was applied under its number.
    """
    applied = _applied(warehouse)
    for migration in migrations:
        if applied.get(migration.number, migration.checksum) != migration.checksum:
            raise MigrationChanged(f"{migration.number:03}_{migration.name}.sql")
    return [migration for migration in migrations if migration.number not in applied]


def migrate(
    warehouse: Warehouse, *, folder: Path = SCHEMA_FOLDER, rolled_up: Sequence[Rollup] = rollups.ROLLUPS
) -> list[Migration]:
    """Create the database if it doesn't exist, apply what is pending in order, and return that.

    The tables and views of `rolled_up` are created afterwards.
    """
    warehouse.create()
    warehouse.command(_JOURNAL)
    due = pending(warehouse, migrations=load(folder))
    for migration in due:
        warehouse.command(migration.statement)
        warehouse.insert(
            "schema_migrations",
            {"number": [migration.number], "name": [migration.name], "checksum": [migration.checksum]},
        )
    rollups.create(warehouse, rollups=rolled_up)
    return due


def _applied(warehouse: Warehouse) -> dict[int, str]:
    """Return the checksums of the applied migrations, by number."""
    try:
        rows = warehouse.rows("SELECT number, checksum FROM schema_migrations")
    except WarehouseRefused as error:
        if error.code in _UNKNOWN:
            return {}
        raise
    return {row["number"]: row["checksum"] for row in rows}


def _read(path: Path) -> Migration:
    matched = _FILE.fullmatch(path.name)
    if matched is None:
        raise InvalidMigration(f"{path.name} isn't named like 001_events.sql")
    statement = path.read_text(encoding="utf-8")
    code = re.sub(r"^--.*\n", "", statement, flags=re.MULTILINE).strip()
    repeatable = _REPEATABLE.match(code) or _REPEATABLE_INSERT.search(statement)
    if not repeatable or _NOT_REPEATABLE.search(code) or ";" in code:
        raise InvalidMigration(f"{path.name} isn't one statement that may be applied twice")
    return Migration(number=int(matched.group(1)), name=matched.group(2), statement=statement)
