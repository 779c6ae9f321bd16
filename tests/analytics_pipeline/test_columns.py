"""Each field of an event type has a column, or importing the event types fails."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
import pytest

import analytics_pipeline
from analytics_pipeline.columns import (
    ARRIVAL,
    EventColumn,
    FieldNotStored,
    columns_of,
    field_values,
    table_columns,
)
from analytics_pipeline.events import COLUMNS, Event
from tests.analytics_pipeline.samples import id_ago

RATING = """
class Rating(Event, frozen=True, tag="rating"):
    product_id: Id
    score: Annotated[int, msgspec.Meta(ge=1, le=5)]


AnyEvent = Rating | """
STORE_ONE = """
import sys
from pathlib import Path
from analytics_pipeline import events, ingest, migrate
from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.warehouse import Warehouse
from tests.analytics_pipeline.samples import NOW, id_ago, record

warehouse = Warehouse(PipelineSettings(home=Path(), clickhouse_url=sys.argv[1]), database=sys.argv[2])
migrate.migrate(warehouse)
rating = events.Rating(event_id=id_ago(hours=1), product_id=7, score=4)
ingest.load(warehouse, [record(rating)])
print(warehouse.rows("SELECT type, product_id, score FROM events FINAL"))
warehouse.command(f"DROP DATABASE {sys.argv[2]}")
"""


@pytest.fixture
def package_copy(tmp_path: Path) -> Path:
    """A copy of the package with an additional event type, `Rating(score)`."""
    package = tmp_path / "analytics_pipeline"
    shutil.copytree(Path(analytics_pipeline.__file__).parent, package)
    shutil.copytree(Path(__file__).parents[1], tmp_path / "tests", ignore=shutil.ignore_patterns("backend"))
    events = package / "events.py"
    events.write_text(events.read_text().replace("AnyEvent = ", RATING, 1))
    return tmp_path


def run(code: str, *arguments: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


def test_a_new_field_without_a_column_is_refused_at_import(package_copy: Path) -> None:
    done = run("import analytics_pipeline.events", folder=package_copy)
    assert done.returncode == 1
    assert "Rating.score can't be stored: add a file to analytics_pipeline/schema" in done.stderr


def test_a_new_field_with_a_column_is_stored_without_further_edits(
    package_copy: Path, warehouse_url: str
) -> None:
    number = len(list((package_copy / "analytics_pipeline/schema").glob("*.sql"))) + 1
    added = package_copy / f"analytics_pipeline/schema/{number:03}_events_score.sql"
    added.write_text("ALTER TABLE events ADD COLUMN IF NOT EXISTS score UInt8\n")
    done = run(STORE_ONE, warehouse_url, "test_rating", folder=package_copy)
    assert done.stdout == "[{'type': 'rating', 'product_id': 7, 'score': 4}]\n", done.stderr


class _Kept(Event, frozen=True, tag="kept"):
    value: Any


@pytest.mark.parametrize(
    ("kind", "column", "fits"),
    [
        (Annotated[int, msgspec.Meta(ge=0, le=255)], "UInt8", True),
        (Annotated[int, msgspec.Meta(ge=0, le=256)], "UInt8", False),
        (Annotated[int, msgspec.Meta(ge=-1, le=2)], "UInt64", False),
        (int, "Int64", False),
        (float, "Float64", True),
        (float, "Float32", False),
        (float, "UInt64", False),
        (Annotated[float, msgspec.Meta(ge=0, le=1)], "Float32", True),
        (Annotated[float, msgspec.Meta(ge=0, le=2)], "Float32", False),
        (bool, "Bool", True),
        (str, "String", True),
        (str, "UInt64", False),
        (tuple[str, ...], "Array(String)", True),
        (tuple[str, ...], "Array(UInt64)", False),
        (dict[str, str], "Map(String, String)", True),
        (dict[str, str], "String", False),
        (int | str, "String", False),
    ],
)
def test_a_column_that_cannot_hold_all_values_of_a_field_is_refused(
    kind: Any, column: str, fits: bool
) -> None:
    event_type = msgspec.defstruct("Tried", [("score", kind)], bases=(msgspec.Struct,))
    if fits:
        assert columns_of([event_type], table={"score": column})["score"].type == column
        return
    with pytest.raises(FieldNotStored, match=f"Tried.score can't be stored: the column's type {column[:4]}"):
        columns_of([event_type], table={"score": column})


@pytest.mark.parametrize("name", sorted(ARRIVAL - {"event_id"}))
def test_a_field_may_not_use_a_column_that_is_filled_on_arrival(name: str) -> None:
    event_type = msgspec.defstruct("Tried", [(name, str)])
    with pytest.raises(FieldNotStored, match="holds something else"):
        columns_of([event_type], table={name: "String"})


def test_every_column_of_the_table_is_a_field_or_filled_on_arrival() -> None:
    assert set(table_columns()) == set(COLUMNS) | ARRIVAL


def test_missing_fields_get_the_columns_default_and_columns_with_only_defaults_are_omitted() -> None:
    columns = {
        "value": EventColumn("value", "String", default=""),
        "other": EventColumn("other", "UInt64", default=0),
    }
    events = [_Kept(event_id=id_ago(hours=1), value=value) for value in ("a", None)]
    assert field_values(events, columns=columns) == {"value": ["a", ""]}
