"""The texts in old events: searches, and the properties that clients add."""

from datetime import UTC, datetime, timedelta

from analytics_pipeline import clocks, ingest, rollup_builds, rollups, uuid7
from analytics_pipeline.events import Exposure, PageView, Record, View
from analytics_pipeline.retention import empty_texts
from analytics_pipeline.warehouse import Warehouse
from tests.analytics_pipeline.samples import ANNE

DAY = datetime(2026, 3, 2, 12, tzinfo=UTC)


def searched(text: str, *, at: datetime) -> Record:
    id_ = uuid7.make(clocks.milliseconds(at), tail=text.encode().ljust(10)[:10])
    event = Exposure(event_id=id_, surface="search", product_ids=(1,), query=text, page=1)
    return Record(event=event, shopper_key=ANNE, arrived_at=at, number=1)


def texts(warehouse: Warehouse, table: str) -> list[str]:
    rows = warehouse.rows(f"SELECT query FROM {table} ORDER BY query")
    return [row["query"] for row in rows]


def test_old_texts_are_emptied_in_events_and_in_the_rollups_of_searches(warehouse: Warehouse) -> None:
    old, recent = searched("zebra socks", at=DAY - timedelta(days=1)), searched("lamp", at=DAY)
    ingest.load(warehouse, [old, recent])
    rollup_builds.rebuild(warehouse)
    assert texts(warehouse, rollups.RESULT_LISTS.table) == ["lamp", "zebra socks"]

    days = [empty_texts(warehouse, before=DAY.date()) for _ in range(2)]

    assert days == [[DAY.date() - timedelta(days=1)], []]
    assert texts(warehouse, "events") == ["", "lamp"]
    assert texts(warehouse, rollups.RESULT_LISTS.table) == ["lamp"]
    rollup_builds.rebuild(warehouse)
    assert texts(warehouse, rollups.RESULT_LISTS.table) == ["", "lamp"], (
        "the list still counts, without its text"
    )
    assert empty_texts(warehouse, before=DAY.date()) == []
    assert texts(warehouse, rollups.RESULT_LISTS.table) == ["", "lamp"]


def test_old_addresses_of_page_views_are_shortened(warehouse: Warehouse) -> None:
    addresses = {
        "/lamps?email=maud@example.org#top": "https://mail.example/inbox?q=maud",
        "/": "android-app://org.example/maud",
        "/vases": "maud",
        "/new": "",
    }
    for at in (DAY - timedelta(days=1), DAY):
        pages = [
            PageView(
                event_id=uuid7.make(clocks.milliseconds(at), tail=path.encode().ljust(10)[:10]),
                path=path,
                referrer=referrer,
            )
            for path, referrer in addresses.items()
        ]
        ingest.load(
            warehouse, [Record(event=page, shopper_key=ANNE, arrived_at=at, number=1) for page in pages]
        )

    days = [empty_texts(warehouse, before=DAY.date()) for _ in range(2)]

    assert days == [[DAY.date() - timedelta(days=1)], []]
    rows = warehouse.rows("SELECT day, path, referrer FROM events FINAL")
    assert {row["path"]: row["referrer"] for row in rows if row["day"] < DAY.date()} == {
        "/lamps": "https://mail.example",
        "/": "android-app://org.example",
        "/vases": "",
        "/new": "",
    }
    assert {row["path"]: row["referrer"] for row in rows if row["day"] == DAY.date()} == addresses


def viewed(*, at: datetime, **properties: str | float | bool) -> Record:
    id_ = uuid7.make(clocks.milliseconds(at), tail=b"properties")
    event = View(event_id=id_, product_id=1, properties=dict(properties))
    return Record(event=event, shopper_key=ANNE, arrived_at=at, number=2)


def test_old_properties_are_removed_except_those_that_contain_nothing_personal(warehouse: Warehouse) -> None:
    given: dict[str, str | float | bool] = {
        "note": "for aunt maud",
        "phone": 16502530000,
        "gift": True,
        "channel": "app",
    }
    ingest.load(warehouse, [viewed(at=DAY - timedelta(days=1), **given), viewed(at=DAY, **given)])

    days = [empty_texts(warehouse, before=DAY.date(), kept_properties=["channel"]) for _ in range(2)]

    assert days == [[DAY.date() - timedelta(days=1)], []]
    rows = warehouse.rows("SELECT properties FROM events FINAL ORDER BY day")
    assert [row["properties"].keys() for row in rows] == [{"channel"}, given.keys()]
    # Without a list, none stays.
    empty_texts(warehouse, before=DAY.date())
    assert warehouse.value("SELECT count() FROM events WHERE notEmpty(properties)") == 1
