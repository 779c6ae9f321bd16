"""The command that exports searches as User Behavior Insights."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from analytics_pipeline import ingest
from analytics_pipeline.events import Exposure
from analytics_pipeline.warehouse import Warehouse
from tests.analytics_pipeline.samples import id_at, record

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("migrated_warehouse_url"),
    pytest.mark.shows("warehouse"),
]


def export(folder: Path, *arguments: str) -> str:
    output = io.StringIO()
    call_command("export_ubi", str(folder), *arguments, stdout=output)
    return output.getvalue()


@pytest.fixture
def searched_days(warehouse: Warehouse) -> None:
    """A search on each of three days."""
    for day in (9, 10, 11):
        at = datetime(2026, 3, day, 12, tzinfo=UTC)
        shown = Exposure(event_id=id_at(at), surface="search", query=f"lamp {day}", product_ids=(1,))
        ingest.load(warehouse, [record(shown)])


def test_the_command_writes_the_days_of_the_period(searched_days: None, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    output = export(folder, "--since", "2026-03-10", "--until", "2026-03-11", "--application", "storefront")

    assert output.splitlines() == ["2026-03-10: 1 queries, 0 events", "2026-03-11: 1 queries, 0 events"]
    assert sorted(path.name for path in folder.iterdir()) == [
        "ubi_events-2026-03-10.ndjson",
        "ubi_events-2026-03-11.ndjson",
        "ubi_queries-2026-03-10.ndjson",
        "ubi_queries-2026-03-11.ndjson",
    ]
    query = json.loads((folder / "ubi_queries-2026-03-10.ndjson").read_bytes())
    assert (query["user_query"], query["application"]) == ("lamp 10", "storefront")


def test_the_command_adds_impressions_and_actions(searched_days: None, tmp_path: Path) -> None:
    output = export(tmp_path, "--since", "2026-03-11", "--format", "bulk", "--impressions")

    assert output.splitlines() == ["2026-03-11: 1 queries, 1 events"]
    action, event = (tmp_path / "ubi_events-2026-03-11.bulk").read_bytes().splitlines()
    assert json.loads(action)["index"]["_index"] == "ubi_events"
    assert json.loads(event)["action_name"] == "impression"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--since", "2026-03-11", "--until", "2026-03-10"],
            "--since 2026-03-11 is after --until 2026-03-10",
        ),
        (["--since", "soon"], "invalid"),
        ([], "--since"),
        (["--since", "2026-03-11", "--application", "x" * 101], "at most 100 characters"),
        (["--since", "2026-03-11", "--application", "\udce9"], "printable"),
        (["--since", "2026-03-11", "--application", "a\0b"], "printable"),
        (["--since", "2026-03-11", "--until", "9999-99-99"], "invalid"),
    ],
)
def test_the_command_names_an_invalid_option(arguments: list[str], message: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=message):
        export(tmp_path / "none", *arguments)
    assert list(tmp_path.iterdir()) == []


def test_unusual_periods_and_names_are_exported(searched_days: None, tmp_path: Path) -> None:
    name = "l'\\\"🙂 日本"
    output = export(tmp_path, "--since", "0001-01-01", "--until", "9999-12-31", "--application", name)

    assert [line[:10] for line in output.splitlines()] == ["2026-03-09", "2026-03-10", "2026-03-11"]
    assert json.loads((tmp_path / "ubi_queries-2026-03-10.ndjson").read_bytes())["application"] == name


@pytest.mark.parametrize("name", ["a\0b", "x" * 300, "file", "file/below", "\ud800"], ids=ascii)
def test_a_folder_that_cannot_be_created_is_an_error(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(CommandError, match="folder"):
        export(tmp_path / name, "--since", "2026-03-11")
