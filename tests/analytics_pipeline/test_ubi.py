"""The export of User Behavior Insights: which documents, in which form, and in which files."""

import json
import re
import subprocess
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from elasticsearch import Elasticsearch
from jsonschema import Draft202012Validator, FormatChecker

from analytics_pipeline import ingest
from analytics_pipeline.erasure import delete_events
from analytics_pipeline.events import AnyEvent, Carted, Click, Exposure, OrderPlaced, View
from analytics_pipeline.retention import empty_texts
from analytics_pipeline.ubi import DayExported, Format, UbiExport, days
from analytics_pipeline.warehouse import Warehouse, WarehouseRefused
from tests.analytics_pipeline.samples import ANNE, BERT, NOW, database_of, id_at, record

pytestmark = pytest.mark.shows("warehouse")

DAY = NOW.date()
GUEST = UUID(int=3)
SCHEMAS = Path(__file__).parent
PAGE = SCHEMAS.parent.parent / "docs" / "search-analytics.md"
SESSION = uuid4()


def searched(query: str, *products: int, at: datetime = NOW, **fields: Any) -> Exposure:
    return Exposure(event_id=id_at(at), surface="search", query=query, product_ids=products, **fields)


def after(shown: Exposure, **ago: float) -> dict[str, Any]:
    """Return the fields of a response to the list, so long after it."""
    return {"event_id": id_at(shown.occurred_at + timedelta(**ago)), "exposure_id": shown.event_id}


def documents(folder: Path, index: str, *, day: date = DAY) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / f"{index}-{day}.ndjson").read_bytes().splitlines()]


def exported(warehouse: Warehouse, folder: Path, *, day: date = DAY, **options: Any) -> DayExported:
    return UbiExport(folder=folder, application="search", **options).day(warehouse, day)


@pytest.fixture
def second_page(warehouse: Warehouse) -> Exposure:
    """The second page of a search by a guest who then logged in as Anne, and what she did with it."""
    shown = searched(
        'Lamp "40 cm"',
        7,
        8,
        9,
        page=2,
        first_position=21,
        filters='{"brands":"Lumen","sort_by":"relevance"}',
        list_version="g-1",
        rule_ids=(4,),
    )
    events: list[tuple[AnyEvent, UUID]] = [
        (shown, GUEST),
        (Click(product_id=9, position=3, session_id=SESSION, **after(shown, seconds=5)), GUEST),
        (View(product_id=9, **after(shown, seconds=6)), GUEST),
        (Carted(product_id=9, quantity=2, **after(shown, minutes=2)), ANNE),
        (OrderPlaced(product_id=9, quantity=2, **after(shown, days=1)), ANNE),
    ]
    ingest.load(warehouse, [record(event, shopper_key=key) for event, key in events])
    warehouse.insert("shopper_links", {"anonymous_key": [GUEST], "shopper_key": [ANNE], "linked_at": [NOW]})
    return shown


def test_a_query_has_its_hits_in_the_order_shown(
    warehouse: Warehouse, second_page: Exposure, tmp_path: Path
) -> None:
    assert exported(warehouse, tmp_path) == DayExported(day=DAY, queries=1, events=4)
    (query,) = documents(tmp_path, "ubi_queries")
    assert query == {
        "application": "search",
        "query_id": str(second_page.event_id),
        "client_id": str(ANNE),
        "user_query": 'Lamp "40 cm"',
        "timestamp": "2026-03-10T12:00:00Z",
        "object_id_field": "product_id",
        "query_attributes": {
            "page": 2,
            "first_position": 21,
            "filters": {"brands": "Lumen", "sort_by": "relevance"},
            "index": "g-1",
            "rule_ids": ["4"],
        },
        "query_response_id": str(second_page.event_id),
        "query_response_hit_ids": ["7", "8", "9"],
    }


def test_events_have_the_position_through_all_pages(
    warehouse: Warehouse, second_page: Exposure, tmp_path: Path
) -> None:
    exported(warehouse, tmp_path)
    events = documents(tmp_path, "ubi_events")
    assert [event["action_name"] for event in events] == ["click", "view", "add_to_cart", "purchase"]
    assert {event["event_attributes"]["position"]["ordinal"] for event in events} == {23}
    assert {(event["query_id"], event["client_id"]) for event in events} == {
        (str(second_page.event_id), str(ANNE))
    }
    assert [event["event_attributes"].get("quantity") for event in events] == [None, None, 2, 2]
    assert events[0] == {
        "application": "search",
        "action_name": "click",
        "query_id": str(second_page.event_id),
        "client_id": str(ANNE),
        "session_id": str(SESSION),
        "timestamp": "2026-03-10T12:00:05Z",
        "message_type": "CLICK",
        "message": 'Lamp "40 cm"',
        "user_query": 'Lamp "40 cm"',
        "event_attributes": {
            "object": {"object_id": "9", "object_id_field": "product_id"},
            "position": {"ordinal": 23},
        },
    }
    assert "session_id" not in events[1]


def test_every_document_fits_the_published_schema(
    warehouse: Warehouse, second_page: Exposure, tmp_path: Path
) -> None:
    ingest.load(warehouse, [record(searched("x" * 2000, 1)), record(searched("\u2028 🪔", at=NOW))])
    exported(warehouse, tmp_path, impressions=True)
    for index, schema in (("ubi_queries", "query"), ("ubi_events", "event")):
        declared = json.loads((SCHEMAS / f"ubi_{schema}.schema.json").read_text())
        validator = Draft202012Validator(declared, format_checker=FormatChecker())
        found = documents(tmp_path, index)
        assert len(found) >= 3
        assert [error.message for each in found for error in validator.iter_errors(each)] == []


def test_impressions_are_the_products_of_the_lists(
    warehouse: Warehouse, second_page: Exposure, tmp_path: Path
) -> None:
    assert exported(warehouse, tmp_path, impressions=True).events == 3 + 4
    shown = [each for each in documents(tmp_path, "ubi_events") if each["action_name"] == "impression"]
    assert [
        (each["event_attributes"]["object"]["object_id"], each["event_attributes"]["position"]["ordinal"])
        for each in shown
    ] == [("7", 21), ("8", 22), ("9", 23)]


def test_lists_without_a_query_or_a_known_shopper_are_left_out(warehouse: Warehouse, tmp_path: Path) -> None:
    kept = searched("lamp", 1)
    other = Exposure(event_id=id_at(NOW), surface="recommendations", product_ids=(1,), query="lamp")
    ingest.load(warehouse, [record(each) for each in (kept, searched("", 1), other)])
    ingest.load(warehouse, [record(searched("no consent", 1), shopper_key=None)])
    ingest.load(warehouse, [record(searched("erased", 1), shopper_key=BERT)])
    delete_events(warehouse, [BERT])
    exported(warehouse, tmp_path)
    assert [query["query_id"] for query in documents(tmp_path, "ubi_queries")] == [str(kept.event_id)]


def test_queries_whose_texts_were_emptied_are_left_out(warehouse: Warehouse, tmp_path: Path) -> None:
    old = searched("old", 1, at=NOW - timedelta(days=2))
    click = Click(product_id=1, **after(old, days=2))
    ingest.load(warehouse, [record(each) for each in (old, click, searched("new", 1))])
    empty_texts(warehouse, before=DAY)
    assert days(warehouse, since=date(2026, 1, 1), until=DAY) == [DAY]
    assert exported(warehouse, tmp_path, day=old.occurred_at.date()).queries == 0


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("anna.smith@example.org lamp", 0),
        ("call +1 555 010 0003", 0),
        ("0049 30 1234567", 0),
        ("(030) 123-4567", 0),
        ("4006381333931", 1),
        ("1000 piece puzzle", 1),
        ("at&t @ home", 1),
    ],
)
def test_queries_with_an_address_or_a_phone_number_are_left_out(
    warehouse: Warehouse, query: str, number: int, tmp_path: Path
) -> None:
    shown = searched(query, 1)
    ingest.load(warehouse, [record(shown), record(Click(product_id=1, **after(shown, minutes=1)))])
    assert exported(warehouse, tmp_path) == DayExported(day=DAY, queries=number, events=number)


def test_forged_responses_are_left_out(warehouse: Warehouse, tmp_path: Path) -> None:
    shown = searched("lamp", 1, 2)
    forged: list[tuple[AnyEvent, UUID | None]] = [
        (Click(product_id=3, **after(shown, minutes=1)), ANNE),
        (Click(product_id=1, **after(shown, minutes=1)), BERT),
        (Click(product_id=1, **after(shown, minutes=1)), None),
        (Click(product_id=1, **after(shown, days=9)), ANNE),
        (Click(product_id=1, event_id=id_at(NOW), exposure_id=id_at(NOW)), ANNE),
    ]
    ingest.load(warehouse, [record(shown), *(record(each, shopper_key=key) for each, key in forged)])
    assert exported(warehouse, tmp_path) == DayExported(day=DAY, queries=1, events=0)


class WarehouseThatStops(Warehouse):
    """A client whose server refuses the second query of an export."""

    calls = 0

    def row_stream(self, *arguments: Any, **options: Any) -> Any:
        self.calls += 1
        if self.calls == 2:
            raise WarehouseRefused("stopped", code=None)
        return super().row_stream(*arguments, **options)


def test_an_earlier_export_stays_until_the_next_is_complete(
    warehouse: Warehouse, second_page: Exposure, tmp_path: Path
) -> None:
    exported(warehouse, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    ingest.load(warehouse, [record(searched("another", 1))])

    with pytest.raises(WarehouseRefused):
        exported(WarehouseThatStops(warehouse.settings, database=database_of(warehouse)), tmp_path)

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert exported(warehouse, tmp_path).queries == 2


def test_the_bulk_format_names_the_index_and_an_id_of_every_document(
    warehouse: Warehouse, second_page: Exposure, tmp_path: Path
) -> None:
    exported(warehouse, tmp_path, format=Format.BULK, impressions=True)
    for index, number in (("ubi_queries", 1), ("ubi_events", 7)):
        lines = (tmp_path / f"{index}-{DAY}.bulk").read_bytes().splitlines()
        actions = [json.loads(line)["index"] for line in lines[::2]]
        assert {action["_index"] for action in actions} == {index}
        assert len({action["_id"] for action in actions}) == number
        assert all("query_id" in json.loads(line) for line in lines[1::2])


def block(language: str) -> str:
    """Return the only block of this language on the page about search analytics."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    return str(found)


@pytest.mark.elasticsearch
def test_the_commands_of_the_page_load_the_files_without_duplicates(
    warehouse: Warehouse, second_page: Exposure, tmp_path: Path, elasticsearch_url: str
) -> None:
    prefix = f"test_{uuid4().hex}_"
    folder = tmp_path / "var" / "ubi"
    folder.mkdir(parents=True)
    exported(warehouse, folder, format=Format.BULK, impressions=True)
    for path in folder.iterdir():
        path.write_text(path.read_text().replace('"ubi_', f'"{prefix}ubi_'))
    script = (
        block("sh").replace("http://127.0.0.1:9200", elasticsearch_url).replace("/ubi_", f"/{prefix}ubi_")
    )
    script = script.replace(",ubi_", f",{prefix}ubi_")
    engine = Elasticsearch(elasticsearch_url)
    try:
        for _ in range(2):
            loaded = subprocess.run(
                ["bash", "-euc", script], cwd=tmp_path, capture_output=True, check=True, text=True, timeout=60
            )
            assert '"errors":true' not in loaded.stdout
        counts = [engine.count(index=f"{prefix}{index}")["count"] for index in ("ubi_queries", "ubi_events")]
        assert counts == [1, 7]
        *_, found = loaded.stdout.strip().splitlines()
        positions = json.loads(found[found.index('{"took"') :])["aggregations"]["actions"]["buckets"]
        assert {each["key"]: each["position"]["value"] for each in positions}["purchase"] == 23
    finally:
        engine.indices.delete(index=[f"{prefix}ubi_queries", f"{prefix}ubi_events"], ignore_unavailable=True)
        engine.close()


def test_the_query_of_the_page_finds_the_positions_of_clicks(
    warehouse: Warehouse, second_page: Exposure
) -> None:
    assert warehouse.rows(block("sql")) == [{"position": 23, "clicks": 1}]
