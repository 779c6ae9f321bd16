"""Replaying refused events, without letting them bypass the checks of intake."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
import redis

from analytics_pipeline import dead_letters, embedded
from analytics_pipeline.dead_letters import Replayed
from analytics_pipeline.events import Exposure, Refused
from analytics_pipeline.ingest import Ingest
from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.stream import KEY, PREVIOUS_KEY, Batch, Stream, encode
from analytics_pipeline.warehouse import Warehouse
from tests.analytics_pipeline.samples import ANNE, BERT, NOW, id_ago
from tests.services.waiting import wait_until

HOUR_AGO = id_ago(hours=1)


def consume(stream: Stream, warehouse: Warehouse) -> None:
    Ingest(stream=stream, warehouse=warehouse, clock=lambda: NOW).drain()


def refuse(stream: Stream, *payloads: bytes, shopper_key: UUID | None = None) -> None:
    """Append what intake sends to the stream for a request whose events were all refused."""
    refused = tuple(
        Refused(index=index, reason="refused", payload=payload.decode())
        for index, payload in enumerate(payloads)
    )
    stream.append(Batch(arrived_at=NOW, shopper_key=shopper_key, events=(), refused=refused))


def view(**fields: Any) -> bytes:
    return msgspec.json.encode({"type": "view", "event_id": HOUR_AGO, "product_id": 5, **fields})


def stored(warehouse: Warehouse) -> list[dict[str, Any]]:
    return warehouse.rows("SELECT type, shopper_key FROM events FINAL ORDER BY type")


def test_a_replayed_event_is_stored_with_its_shopper_as_of_its_first_arrival(
    stream: Stream, warehouse: Warehouse
) -> None:
    refuse(stream, view(), shopper_key=ANNE)
    consume(stream, warehouse)

    assert dead_letters.replay(warehouse, stream) == Replayed(replayed=1, kept=0)

    consume(stream, warehouse)
    assert stored(warehouse) == [{"type": "view", "shopper_key": ANNE}]
    assert dead_letters.replay(warehouse, stream) == Replayed(replayed=0, kept=0)


def test_letters_of_two_streams_are_kept_separately_when_their_entries_have_the_same_id(
    settings: PipelineSettings, warehouse: Warehouse
) -> None:
    client = redis.Redis.from_url(embedded.redis_url(settings))
    for key in (KEY, PREVIOUS_KEY):
        stream = Stream(settings, key=key)
        stream.delete()
        refused = (Refused(index=0, reason="refused", payload=key),)
        batch = Batch(arrived_at=NOW, shopper_key=None, events=(), refused=refused)
        client.xadd(key, {"batch": encode(batch)}, id="1764115200000-0")
        consume(stream, warehouse)
    client.close()

    letters = warehouse.rows("SELECT entry, payload FROM dead_letters FINAL ORDER BY entry")

    # The previous release writes the id alone; a letter that it wrote must be replaced, not repeated.
    assert letters == [
        {"entry": "1764115200000-0", "payload": PREVIOUS_KEY},
        {"entry": f"1764115200000-0@{KEY}", "payload": KEY},
    ]


@pytest.mark.parametrize(
    ("ahead", "replayed", "reported_at"),
    [
        ({"minutes": 6}, 1, NOW),
        ({"hours": 23}, 1, NOW),
        ({"hours": 25}, 0, None),
        ({"hours": -1}, 1, NOW - timedelta(hours=1)),
    ],
)
def test_a_replay_with_correct_clocks_stores_events_from_the_future_as_of_their_arrival(
    stream: Stream, warehouse: Warehouse, ahead: dict[str, int], replayed: int, reported_at: datetime | None
) -> None:
    refuse(stream, view(event_id=id_ago(seconds=-timedelta(**ahead).total_seconds())))
    consume(stream, warehouse)
    future = ahead.get("hours", 1) > 0

    assert dead_letters.replay(warehouse, stream).replayed == (0 if future else 1)
    assert dead_letters.replay(warehouse, stream, correct_clocks=True).replayed == (replayed if future else 0)

    consume(stream, warehouse)
    stored = warehouse.rows("SELECT reported_at FROM events FINAL")
    assert [row["reported_at"] for row in stored] == ([] if reported_at is None else [reported_at])


@pytest.mark.parametrize("index", [0, 1])
def test_a_refused_event_with_the_content_of_a_stream_entry_stays_refused(
    stream: Stream, warehouse: Warehouse, index: int
) -> None:
    exposure = Exposure(event_id=HOUR_AGO, surface="search", product_ids=(1,))
    forged = msgspec.json.encode(Batch(arrived_at=NOW, shopper_key=BERT, events=(exposure,)))
    refuse(stream, *[b"{}"] * index, forged)
    consume(stream, warehouse)

    assert dead_letters.replay(warehouse, stream) == Replayed(replayed=0, kept=1 + index)

    consume(stream, warehouse)
    assert stored(warehouse) == []


def test_an_entry_that_the_consumer_could_not_read_is_replayed_as_a_whole(
    stream: Stream, warehouse: Warehouse
) -> None:
    stream.append_raw(b"not yet an entry")
    consume(stream, warehouse)
    exposure = Exposure(event_id=HOUR_AGO, surface="search", product_ids=(1,))
    whole = msgspec.json.encode(Batch(arrived_at=NOW, shopper_key=BERT, events=(exposure,))).decode()
    warehouse.command(
        "INSERT INTO dead_letters SELECT * REPLACE ({whole:String} AS payload) FROM dead_letters",
        {"whole": whole},
    )

    assert dead_letters.replay(warehouse, stream) == Replayed(replayed=1, kept=0)

    consume(stream, warehouse)
    assert stored(warehouse) == [{"type": "exposure", "shopper_key": BERT}]


def test_letters_that_always_fail_do_not_block_later_ones(stream: Stream, warehouse: Warehouse) -> None:
    refuse(stream, *[b"rubbish"] * 5)
    refuse(stream, view())
    consume(stream, warehouse)

    assert dead_letters.replay(warehouse, stream, at_once=2) == Replayed(replayed=1, kept=5)


def test_letters_are_deleted_by_their_time_of_arrival(stream: Stream, warehouse: Warehouse) -> None:
    old = Refused(index=0, reason="refused", payload="old")
    stream.append(Batch(arrived_at=NOW - timedelta(days=91), shopper_key=None, events=(), refused=(old,)))
    refuse(stream, b"recent")
    consume(stream, warehouse)

    dead_letters.drop(warehouse, before=NOW - timedelta(days=90))

    wait_until(lambda: dead_letters.waiting(warehouse) < 2, what="a letter is deleted")
    assert warehouse.rows("SELECT payload FROM dead_letters") == [{"payload": "recent"}]
