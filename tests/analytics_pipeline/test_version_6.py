"""The types and columns of version 6: stored with every field, and read from entries that lack them."""

from typing import Any

import msgspec
import pytest

from analytics_pipeline.custom_names import Names, NamesUnavailable, PropertyKind, check_custom
from analytics_pipeline.events import (
    AnyEvent,
    Checkout,
    Custom,
    Dwell,
    Facet,
    Login,
    OrderPlaced,
    PageView,
    Review,
    Share,
    View,
    WishlistAdd,
    WishlistRemove,
)
from analytics_pipeline.ingest import Ingest
from analytics_pipeline.intake import read
from analytics_pipeline.stream import Batch, Stream, decode, encode
from analytics_pipeline.validation import InvalidEvent
from analytics_pipeline.warehouse import Warehouse
from tests.analytics_pipeline.samples import ANNE, BERT, NOW, id_ago

NAMES: Names = {"quiz": {"answers": PropertyKind.NUMBER, "done": PropertyKind.BOOLEAN}}
CASES: list[tuple[type[AnyEvent], dict[str, Any]]] = [
    (PageView, {"path": "/lamps", "referrer": "https://a.example/", "source": "s", "medium": "m", "campaign": "c"}),
    (Facet, {"facet": "brand", "value": "Acme", "is_selected": True, "exposure_id": BERT}),
    (Facet, {"facet": "brand", "value": "Acme", "is_selected": False}),
    (Dwell, {"product_id": 7, "view_id": BERT, "visible_ms": 86_400_000}),
    (WishlistAdd, {"product_id": 7, "variant_id": 8, "exposure_id": BERT}),
    (WishlistRemove, {"product_id": 7, "variant_id": 8, "exposure_id": BERT}),
    (Checkout, {"step": "payment"}),
    (Review, {"product_id": 7, "rating": 5}),
    (Share, {"product_id": 7, "channel": "email"}),
    (Custom, {"name": "quiz", "product_id": 7, "exposure_id": BERT}),
    (OrderPlaced, {"product_id": 7, "order_id": 9}),
    (Login, {}),
]  # fmt: skip


def test_every_field_and_what_arrived_with_it_is_stored(stream: Stream, warehouse: Warehouse) -> None:
    events = [kind(event_id=id_ago(seconds=90 - at), **fields) for at, (kind, fields) in enumerate(CASES)]
    stream.append(
        Batch(
            arrived_at=NOW,
            shopper_key=ANNE,
            events=tuple(events),
            device="tablet",
            is_bot=True,
            consent="granted",
        )
    )
    Ingest(stream=stream, warehouse=warehouse, clock=lambda: NOW).drain()

    rows = warehouse.rows("SELECT * FROM events FINAL ORDER BY occurred_at")

    arrived = {"device": "tablet", "is_bot": True, "consent": "granted"}
    for row, event, (_, fields) in zip(rows, events, CASES, strict=True):
        expected = {"event_id": event.event_id, "type": event.type, **fields, **arrived}
        assert {name: row[name] for name in expected} == expected
    assert warehouse.value("SELECT count() FROM events_public WHERE is_bot AND device = 'tablet'") == len(
        CASES
    )


class _PreviousView(msgspec.Struct, tag="view"):
    event_id: Any
    product_id: int


class _PreviousBatch(msgspec.Struct):
    arrived_at: Any
    shopper_key: Any
    events: tuple[_PreviousView, ...]
    clock_offset: int = 0
    source_key: int = 0


def test_entries_of_the_previous_release_are_read_and_it_reads_the_facts_of_arrival_over() -> None:
    id_ = id_ago(hours=1)
    previous = _PreviousBatch(NOW, ANNE, (_PreviousView(id_, 7),), source_key=3)
    packed = msgspec.msgpack.Encoder(uuid_format="bytes").encode(previous)
    assert decode(packed) == Batch(
        arrived_at=NOW, shopper_key=ANNE, events=(View(event_id=id_, product_id=7),), source_key=3
    )
    current = encode(Batch(arrived_at=NOW, shopper_key=ANNE, events=(), device="mobile", is_bot=True))
    assert msgspec.msgpack.decode(current, type=_PreviousBatch).events == ()


def custom(name: str = "quiz", **properties: Any) -> Custom:
    return Custom(event_id=id_ago(hours=1), name=name, properties=properties or None)


def test_a_registered_name_with_declared_properties_is_accepted() -> None:
    for event in (custom(), custom(answers=3, done=False), custom(answers=0.5)):
        check_custom(event, lambda: NAMES)


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (custom("dance"), r"name: 'dance' isn't an active name; staff register it at /api/events/names/"),
        (custom(colour="red"), r"properties.colour: not declared .*/api/events/names/"),
        (custom(answers="3"), "properties.answers: must be a number"),
        (custom(answers=True), "properties.answers: must be a number"),
        (custom(done=1), "properties.done: must be a boolean"),
    ],
)
def test_other_names_and_properties_are_refused(event: Custom, reason: str) -> None:
    with pytest.raises(InvalidEvent, match=reason):
        check_custom(event, lambda: NAMES)


def unavailable() -> Names:
    raise NamesUnavailable


def test_names_that_cannot_be_read_affect_only_events_that_need_them() -> None:
    view = {"event_id": str(id_ago(hours=1)), "type": "view", "product_id": 1}
    quiz = {"event_id": str(id_ago(hours=1)), "type": "custom", "name": "quiz"}
    body = msgspec.json.encode({"events": [view, quiz]})

    received = read(body, arrived_at=NOW, names_of=unavailable)

    assert [event.type for event in received.events] == ["view"]
    assert [each.reason for each in received.refused] == [
        "name: the registered names can't be read at the moment; the event is checked again later"
    ]
    assert len(read(body, arrived_at=NOW, names_of=lambda: NAMES).events) == 2
