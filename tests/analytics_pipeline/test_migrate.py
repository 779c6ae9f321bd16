"""Migrations of the warehouse: applied once, in order, also when several processes migrate at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from analytics_pipeline import migrate, rollup_builds, rollups
from analytics_pipeline.columns import SCHEMA_FOLDER
from analytics_pipeline.migrate import InvalidMigration, MigrationChanged
from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.warehouse import Warehouse
from tests.analytics_pipeline.samples import NOW, database_of, id_at

pytestmark = pytest.mark.shows("warehouse")

FIRST = "-- Things.\nCREATE TABLE IF NOT EXISTS things (n UInt64) ENGINE = MergeTree ORDER BY n\n"
SECOND = "CREATE OR REPLACE VIEW all_things AS SELECT n FROM things\n"


@pytest.fixture
def empty(settings: PipelineSettings) -> Iterator[Warehouse]:
    name = f"test_{uuid4().hex}"
    warehouse = Warehouse(settings, database=name)
    yield warehouse
    warehouse.command(f"DROP DATABASE IF EXISTS {name}")
    warehouse.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "001_things.sql").write_text(FIRST)
    (tmp_path / "002_all_things.sql").write_text(SECOND)
    return tmp_path


def test_every_file_is_applied_once_and_in_order(empty: Warehouse, folder: Path) -> None:
    assert [migration.name for migration in migrate.migrate(empty, folder=folder, rolled_up=())] == [
        "things",
        "all_things",
    ]
    assert migrate.migrate(empty, folder=folder, rolled_up=()) == []
    (folder / "003_more.sql").write_text("ALTER TABLE things ADD COLUMN IF NOT EXISTS title String\n")
    assert [migration.number for migration in migrate.migrate(empty, folder=folder, rolled_up=())] == [3]
    assert empty.rows("SELECT n, title FROM things") == []


def test_looking_for_pending_files_creates_nothing(empty: Warehouse, folder: Path) -> None:
    files = migrate.load(folder)
    assert migrate.pending(empty, migrations=files) == files, "the database doesn't exist"
    empty.create()
    assert migrate.pending(empty, migrations=files) == files, "the database is empty"
    assert empty.rows("SHOW TABLES") == []


def test_an_insert_whose_comment_says_why_it_is_repeatable_is_applied(empty: Warehouse, folder: Path) -> None:
    (folder / "003_first_thing.sql").write_text(
        "-- Repeatable: there is one row.\nINSERT INTO things SELECT 1\n"
    )
    migrate.migrate(empty, folder=folder, rolled_up=())
    assert empty.value("SELECT n FROM things") == 1


def test_processes_that_migrate_at_once_apply_each_file_once(
    settings: PipelineSettings, empty: Warehouse
) -> None:
    empty.create()
    others = [Warehouse(settings, database=database_of(empty)) for _ in range(4)]
    with ThreadPoolExecutor() as pool:
        list(pool.map(migrate.migrate, others))
    applied = empty.rows("SELECT number FROM schema_migrations FINAL ORDER BY number")
    assert [row["number"] for row in applied] == [migration.number for migration in migrate.load()]
    assert migrate.migrate(empty) == []
    for other in others:
        other.close()


def test_a_file_changed_after_it_was_applied_is_refused(empty: Warehouse, folder: Path) -> None:
    migrate.migrate(empty, folder=folder, rolled_up=())
    (folder / "001_things.sql").write_text(FIRST.replace("UInt64", "UInt32"))
    with pytest.raises(MigrationChanged, match=r"001_things\.sql"):
        migrate.migrate(empty, folder=folder, rolled_up=())


def old_mark(warehouse: Warehouse, day: date, *, cleared: int) -> None:
    """Mark a day as changed, as the release with a single rollup did."""
    warehouse.insert("day_marks", {"day": [day], "mark": [uuid4()], "cleared": [cleared]})


def test_rollups_of_the_previous_release_stay_exact_through_the_upgrade(
    empty: Warehouse, tmp_path: Path
) -> None:
    """All days are built again, and days that the old release still marks become dirty."""
    for path in sorted(SCHEMA_FOLDER.glob("*.sql"))[:11]:
        (tmp_path / path.name).write_bytes(path.read_bytes())
    migrate.migrate(empty, folder=tmp_path, rolled_up=())
    clean, dirty, late = (NOW.date() - timedelta(days=n) for n in (3, 2, 1))
    for day in (clean, dirty, late):
        moment = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        row = {"event_id": id_at(moment), "occurred_at": moment, "day": day, "type": "view", "product_id": 1}
        empty.insert("events", {name: [value] for name, value in row.items()})
        if day != dirty:
            empty.command(
                "INSERT INTO event_rollup SELECT * FROM event_aggregate(days = [{day:Date}])", {"day": day}
            )
    old_mark(empty, dirty, cleared=0)
    old_mark(empty, clean, cleared=1)

    migrate.migrate(empty)
    assert rollups.all_dirty_days(empty) == [clean, dirty, late]
    rollup_builds.rebuild(empty)
    old_mark(empty, late, cleared=0)
    assert rollups.dirty_days(empty, rollups.PRODUCT_COUNTS) == [late]
    rollup_builds.rebuild(empty)
    assert rollups.all_dirty_days(empty) == []
    assert empty.value("SELECT sum(events) FROM product_counts(dirty_days = [])") == 3


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("003_x.sql", "CREATE TABLE x (n UInt64) ENGINE = Memory", "applied twice"),
        ("003_x.sql", "CREATE OR REPLACE VIEW x AS SELECT 1; DROP TABLE things", "one statement"),
        ("004_x.sql", SECOND, r"1, 2, 3"),
        ("x.sql", SECOND, "named like"),
        ("003_x.sql", "INSERT INTO things SELECT 1\n", "applied twice"),
        (
            "003_x.sql",
            "ALTER TABLE things\nADD COLUMN IF NOT EXISTS a UInt8,\nADD COLUMN b UInt8\n",
            "applied twice",
        ),
    ],
)
def test_a_file_that_cannot_be_applied_safely_is_refused(
    folder: Path, name: str, content: str, reason: str
) -> None:
    (folder / name).write_text(content)
    with pytest.raises(InvalidMigration, match=reason):
        migrate.load(folder)
