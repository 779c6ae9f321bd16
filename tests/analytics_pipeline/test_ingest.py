"""Storing the stream in the warehouse, with repeated and refused events, failures and kills."""

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from datetime import date, timedelta
from uuid import UUID

import pytest

from analytics_pipeline import ingest, rollup_builds, rollups
from analytics_pipeline.columns import NIL_UUID
from analytics_pipeline.events import AnyEvent, CartAdd, Click, Exposure, Refused, View
from analytics_pipeline.ingest import Ingest
from analytics_pipeline.redis_client import StreamUnavailable
from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.stream import Batch, Refusal, Stream
from analytics_pipeline.warehouse import Warehouse, WarehouseUnavailable
from tests.analytics_pipeline.samples import ANNE, BERT, NOW, database_of, id_ago, record
from tests.services.waiting import wait_until


def ingest_of(stream: Stream, warehouse: Warehouse) -> Ingest:
    return Ingest(stream=stream, warehouse=warehouse, clock=lambda: NOW)


def batch(
    *events: AnyEvent,
    refused: tuple[Refused, ...] = (),
    shopper_key: UUID | None = ANNE,
    clock_offset: int = 0,
    refusals: tuple[Refusal, ...] = (),
) -> Batch:
    return Batch(
        arrived_at=NOW,
        shopper_key=shopper_key,
        events=events,
        refused=refused,
        clock_offset=clock_offset,
        refusals=refusals,
    )


def count(warehouse: Warehouse) -> int:
    return int(warehouse.value("SELECT count() FROM events FINAL"))


def test_every_field_of_an_event_is_stored(stream: Stream, warehouse: Warehouse) -> None:
    exposure = Exposure(
        event_id=id_ago(minutes=5),
        surface="search",
        query="rød vase",
        filters='{"brand": ["a"]}',
        slot="top",
        algorithm="bm25",
        list_version="g-3",
        arms=("rank:b",),
        page=2,
        product_ids=(3, 1, 2),
        sources=("own", "own", "popular"),
        propensities=(0.9, 0.05, 1.0),
    )
    added = CartAdd(
        event_id=id_ago(minutes=1),
        session_id=BERT,
        properties={"theme": "dark", "width": 1280, "ratio": 1.5, "touch": True},
        product_id=3,
        variant_id=30,
        quantity=2,
        exposure_id=exposure.event_id,
    )
    stream.append(batch(exposure, added))
    assert ingest_of(stream, warehouse).drain() == 1
    exposure_row, cart_add_row = warehouse.rows("SELECT * FROM events FINAL ORDER BY occurred_at")
    assert (exposure_row["event_id"], exposure_row["occurred_at"], exposure_row["day"]) == (
        exposure.event_id,
        NOW - timedelta(minutes=5),
        date(2026, 3, 10),
    )
    assert (exposure_row["query"], exposure_row["filters"], exposure_row["page"]) == (
        "rød vase",
        '{"brand": ["a"]}',
        2,
    )
    assert (exposure_row["product_ids"], exposure_row["arms"], exposure_row["shopper_key"]) == (
        [3, 1, 2],
        ["rank:b"],
        ANNE,
    )
    assert (exposure_row["sources"], exposure_row["propensities"]) == (
        ["own", "own", "popular"],
        [pytest.approx(0.9), pytest.approx(0.05), 1.0],
    )
    assert (
        cart_add_row["type"],
        cart_add_row["product_id"],
        cart_add_row["variant_id"],
        cart_add_row["quantity"],
    ) == ("cart_add", 3, 30, 2)
    assert (exposure_row["list_version"], exposure_row["session_id"], exposure_row["properties"]) == (
        "g-3",
        NIL_UUID,
        {},
    )
    assert (cart_add_row["exposure_id"], cart_add_row["session_id"]) == (exposure.event_id, BERT)
    assert cart_add_row["properties"] == {"theme": "dark", "width": "1280", "ratio": "1.5", "touch": "true"}


def test_an_event_sent_twice_is_one_event_and_the_first_copy_wins(
    stream: Stream, warehouse: Warehouse
) -> None:
    view = View(event_id=id_ago(hours=1), product_id=5)
    stream.append(batch(view, shopper_key=ANNE))
    stream.append(batch(view, shopper_key=BERT))
    ingest_of(stream, warehouse).drain()
    assert warehouse.rows("SELECT shopper_key FROM events FINAL") == [{"shopper_key": ANNE}]


def test_entries_read_but_not_acknowledged_are_stored_by_the_next_run(
    stream: Stream, warehouse: Warehouse
) -> None:
    stream.append(batch(View(event_id=id_ago(hours=1), product_id=5)))
    stream.open()
    assert len(stream.take(count=10, block_seconds=0.01)) == 1
    assert ingest_of(stream, warehouse).drain() == 1
    assert count(warehouse) == 1
    assert stream.unacknowledged(count=10) == []


def test_stored_entries_are_removed_from_the_stream_and_others_are_kept(
    stream: Stream, warehouse: Warehouse
) -> None:
    consumer = ingest_of(stream, warehouse)
    stream.append(batch(View(event_id=id_ago(hours=1), product_id=5)))
    consumer.drain()
    assert stream.lag(now=NOW).entries == 0
    stream.append(batch(View(event_id=id_ago(hours=1), product_id=6)))
    assert stream.lag(now=NOW).entries == 1
    assert consumer.drain() == 1
    assert stream.lag(now=NOW).entries == 0


def test_nothing_is_acknowledged_while_the_warehouse_is_unavailable(
    stream: Stream, warehouse: Warehouse
) -> None:
    unavailable = Warehouse(
        PipelineSettings(home=stream.settings.home, clickhouse_url="http://x:y@127.0.0.1:9/none")
    )
    stream.append(batch(View(event_id=id_ago(hours=1), product_id=5)))
    with pytest.raises(WarehouseUnavailable):
        ingest_of(stream, unavailable).step(wait_seconds=0.01)
    assert stream.lag(now=NOW).entries == 1
    assert ingest_of(stream, warehouse).drain() == 1
    assert count(warehouse) == 1


def test_an_entry_that_cannot_be_read_becomes_a_dead_letter_and_does_not_block_others(
    stream: Stream, warehouse: Warehouse
) -> None:
    stream.append_raw(b"\xff not json")
    stream.append(batch(View(event_id=id_ago(hours=1), product_id=5)))
    ingest_of(stream, warehouse).drain()
    assert count(warehouse) == 1
    (letter,) = warehouse.rows("SELECT reason, payload FROM dead_letters FINAL")
    assert "can't be stored" in letter["reason"]
    assert "not json" in letter["payload"]


def test_an_entry_that_the_warehouse_refuses_is_kept_and_the_others_of_its_block_are_stored(
    stream: Stream, warehouse: Warehouse
) -> None:
    for product in (5, 6, 7, 8):
        stream.append(batch(View(event_id=id_ago(hours=1), product_id=product)))
    warehouse.command("ALTER TABLE events ADD CONSTRAINT few CHECK product_id != 7")
    try:
        assert ingest_of(stream, warehouse).drain() == 4
    finally:
        warehouse.command("ALTER TABLE events DROP CONSTRAINT few")
    stored = warehouse.rows("SELECT product_id FROM events FINAL ORDER BY product_id")
    assert [row["product_id"] for row in stored] == [5, 6, 8]
    (letter,) = warehouse.rows("SELECT position, reason, payload FROM dead_letters FINAL")
    assert letter["position"] == ingest.WHOLE_ENTRY
    assert "few" in letter["reason"]
    assert '"product_id":7' in letter["payload"]


def test_an_event_refused_by_intake_becomes_a_dead_letter(stream: Stream, warehouse: Warehouse) -> None:
    refused = Refused(
        index=1, reason="product_id: required", payload="{}", type="view", fault="missing_field"
    )
    # Of two more no letter is kept.
    refusals = (
        Refusal(type="", fault="malformed", events=2),
        Refusal(type="view", fault="missing_field", events=1),
    )
    stream.append(batch(refused=(refused,), refusals=refusals, clock_offset=-360_000))
    # The second consumer begins with what the first one didn't acknowledge.
    stream.open()
    stream.take(count=1, block_seconds=None)
    for _ in range(2):
        ingest_of(stream, warehouse).drain()
    assert count(warehouse) == 0
    counted = "SELECT arrived_at, type, fault, events FROM refused_events FINAL ORDER BY type"
    assert [tuple(row.values()) for row in warehouse.rows(counted)] == [
        (NOW, "", "malformed", 2),
        (NOW, "view", "missing_field", 1),
    ]
    (letter,) = warehouse.rows("SELECT * FROM dead_letters FINAL")
    assert (letter["position"], letter["reason"], letter["payload"]) == (1, "product_id: required", "{}")
    assert (letter["type"], letter["fault"]) == ("view", "missing_field")
    assert (letter["shopper_key"], letter["arrived_at"], letter["clock_offset"]) == (ANNE, NOW, -360_000)


def test_copies_with_other_clock_corrections_change_neither_the_stored_event_nor_its_day(
    stream: Stream, warehouse: Warehouse
) -> None:
    view = View(event_id=id_ago(hours=12, minutes=-3), product_id=5)
    for offset in (-360_000, 0, 7_200_000):
        stream.append(batch(view, clock_offset=offset))
    ingest_of(stream, warehouse).drain()
    rows = warehouse.rows("SELECT day, occurred_at, reported_at, clock_offset FROM events FINAL")
    assert rows == [
        {
            "day": date(2026, 3, 10),
            "occurred_at": NOW - timedelta(hours=11, minutes=57),
            "reported_at": NOW - timedelta(hours=12, minutes=3),
            "clock_offset": -360_000,
        }
    ]
    assert rollups.dirty_days(warehouse, rollups.ROLLUPS[0]) == [date(2026, 3, 10)]


def test_an_id_reused_with_other_content_is_recorded(warehouse: Warehouse) -> None:
    event_id = id_ago(hours=1)
    view = View(event_id=event_id, product_id=5)
    ingest.load(
        warehouse,
        [record(view), record(view, number=2), record(View(event_id=id_ago(hours=2), product_id=5))],
    )
    conflicts = "SELECT event_id FROM event_contents FINAL GROUP BY event_id HAVING count() > 1"
    assert warehouse.rows(conflicts) == []
    ingest.load(warehouse, [record(Click(event_id=event_id, product_id=6), number=3)])
    assert warehouse.rows(conflicts) == [{"event_id": event_id}]


def test_a_consumer_continues_after_its_stream_was_deleted(stream: Stream, warehouse: Warehouse) -> None:
    consumer = ingest_of(stream, warehouse)
    consumer.drain()
    stream.delete()
    with pytest.raises(StreamUnavailable):
        consumer.step(wait_seconds=0.01)
    stream.append(batch(View(event_id=id_ago(hours=1), product_id=5)))
    assert consumer.drain() == 1
    assert count(warehouse) == 1


CONSUMER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from analytics_pipeline.ingest import Ingest
from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.stream import Stream
from analytics_pipeline.warehouse import Warehouse

redis_url, clickhouse_url, key, database = sys.argv[1:]
settings = PipelineSettings(home=Path(), redis_url=redis_url, clickhouse_url=clickhouse_url)
consumer = Ingest(
    stream=Stream(settings, key=key),
    warehouse=Warehouse(settings, database=database),
    clock=lambda: datetime.now(UTC),
)
while True:
    consumer.step(wait_seconds=0.1)
"""


def test_a_repeatedly_killed_consumer_stores_each_event_once_when_batches_are_sent_twice(
    settings: PipelineSettings, stream: Stream, warehouse: Warehouse
) -> None:
    rng = random.Random(7)
    sent: dict[UUID, tuple[str, int, date]] = {}
    batches = []
    for _ in range(400):
        events = [random_event(rng) for _ in range(rng.randint(1, 40))]
        sent.update(
            {event.event_id: (event.type, event.product_id, event.occurred_at.date()) for event in events}
        )
        batches.append(batch(*events))
    twice = batches + batches
    rng.shuffle(twice)
    arguments = [
        str(settings.redis_url),
        str(settings.clickhouse_url),
        stream.key,
        database_of(warehouse),
    ]

    def is_busy(part: int, before: int) -> bool:
        return bool(stream.unacknowledged(count=1)) if part % 2 else count(warehouse) > before

    stream.open()
    for part in range(6):
        for entry in twice[part * 134 : (part + 1) * 134]:
            stream.append(entry)
        process = subprocess.Popen([sys.executable, "-c", CONSUMER, *arguments])
        before = count(warehouse)
        # It is killed while it works: after it read entries (odd parts), or after it inserted some (even parts).
        wait_until(lambda: is_busy(part, before), interval_seconds=0.001)  # noqa: B023 - called in this iteration
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    ingest_of(stream, warehouse).drain()
    expected = Counter(sent.values())
    stored = warehouse.rows("SELECT type, product_id, day, count() AS n FROM events FINAL GROUP BY ALL")
    assert {(row["type"], row["product_id"], row["day"]): row["n"] for row in stored} == expected
    assert rollup_builds.rebuild(warehouse) == sorted({day for _, _, day in expected})
    aggregated = warehouse.rows(
        "SELECT type, product_id, day, sum(events) AS n FROM product_counts_rollup GROUP BY ALL"
    )
    assert {(row["type"], row["product_id"], row["day"]): row["n"] for row in aggregated} == expected


def random_event(rng: random.Random) -> View | Click | CartAdd:
    kinds: list[type[View | Click | CartAdd]] = [View, Click, CartAdd]
    return rng.choice(kinds)(event_id=id_ago(hours=rng.random() * 72), product_id=rng.randint(1, 20))
