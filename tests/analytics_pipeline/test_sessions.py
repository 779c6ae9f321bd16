"""Sessions, funnels and retention of random visits equal values computed from the events themselves."""

import random
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from analytics_pipeline import ingest, reports, rollup_builds, rollups, shopper_links
from analytics_pipeline.columns import NIL_UUID
from analytics_pipeline.events import (
    AnyEvent,
    Carted,
    Checkout,
    Click,
    Custom,
    Exposure,
    OrderPlaced,
    PageView,
    Record,
    Search,
    View,
)
from analytics_pipeline.warehouse import Warehouse
from tests.acceptance import expected_steps
from tests.acceptance.expected_sessions import Truth
from tests.acceptance.random_visits import Generator, Happened, Movement, Shop
from tests.analytics_pipeline.test_reports import in_time_zone

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ALWAYS = (date(2026, 1, 1), date(2026, 12, 31))
SOME_DAYS = (date(2026, 3, 28), date(2026, 3, 30))


def moment(milliseconds: int) -> datetime:
    return EPOCH + timedelta(milliseconds=milliseconds)


def as_event(happened: Happened) -> AnyEvent:
    common: dict[str, Any] = {"event_id": happened.event_id, **happened.fields}
    match happened.type:
        case "page_view":
            return PageView(**common)
        case "view":
            return View(**common, product_id=1)
        case "search":
            return Search(**common, query="lamp")
        case "exposure":
            return Exposure(**common, product_ids=(1,))
        case "carted":
            return Carted(**common, product_id=1)
        case "checkout":
            return Checkout(**common)
        case "order":
            return OrderPlaced(**common, product_id=1)
        case "click":
            return Click(**common, product_id=1)
        case _:
            return Custom(**common)


def as_record(happened: Happened) -> Record:
    return Record(
        event=as_event(happened),
        shopper_key=happened.shopper,
        arrived_at=moment(happened.at),
        number=1,
        clock_offset=happened.offset,
        device=happened.device,
        is_bot=happened.is_bot,
    )


def store_facts(warehouse: Warehouse, shop: Shop) -> None:
    """Store the order facts."""
    moves = shop.movements
    warehouse.insert(
        "order_facts",
        {
            "movement_id": list(range(1, len(moves) + 1)),
            "kind": [each.kind for each in moves],
            "occurred_at": [moment(each.at) for each in moves],
            "placed_at": [_placed_at(each) for each in moves],
            "order_id": [each.order for each in moves],
            "quantity": [1] * len(moves),
            "amount": [abs(each.amount) for each in moves],
            "currency": [each.currency for each in moves],
            "customer_key": [each.customer or NIL_UUID for each in moves],
            "shopper_key": [each.shopper or NIL_UUID for each in moves],
            "version": [1] * len(moves),
        },
    )


def store_links(warehouse: Warehouse, shop: Shop) -> None:
    shopper_links.store(
        warehouse,
        {
            "anonymous_key": [guest for guest, _, _ in shop.links],
            "shopper_key": [account for _, account, _ in shop.links],
            "linked_at": [moment(at) for _, _, at in shop.links],
        },
    )


def _placed_at(movement: Movement) -> datetime:
    """Return the column's value: half of the facts of orders that were confirmed at once are an earlier release's."""
    return EPOCH if movement.at == movement.placed_at and movement.order % 2 else moment(movement.placed_at)


def states(warehouse: Warehouse, shop: Shop) -> Iterator[str]:
    """Bring the warehouse into each state in which reports must be right."""
    records = [as_record(each) for each in shop.events]
    store_facts(warehouse, shop)
    ingest.load(warehouse, records)
    rollup_builds.rebuild(warehouse)
    store_links(warehouse, shop)
    yield "guests were linked after all days were built"
    shuffled = random.Random(1).sample(records, len(records))
    for start in range(0, len(shuffled), 997):
        ingest.load(warehouse, shuffled[start : start + 997])
    for day in rollups.all_dirty_days(warehouse)[::2]:
        assert rollup_builds.rebuild_day(warehouse, day=day)
    yield "stored twice, in another order, and every other day built again"
    rollup_builds.rebuild(warehouse)
    yield "built"


def compare(found: list[dict[str, Any]], wanted: list[dict[str, Any]], *, key: tuple[str, ...]) -> None:
    """Compare rows in any order: shares and means as the reports round them, and everything else exactly."""
    rows, right = by_key(found, key=key), by_key(wanted, key=key)
    assert len(right) > 1
    assert sorted(rows) == sorted(right)
    different = [(row, right[name]) for name, row in rows.items() if row != rounded(right[name])]
    assert not different, f"{len(different)} of {len(rows)} rows: {different[:3]}"


def by_key(rows: list[dict[str, Any]], *, key: tuple[str, ...]) -> dict[tuple[str, ...], dict[str, Any]]:
    return {tuple(str(row[name]) for name in key): row for row in rows}


def rounded(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: pytest.approx(value, abs=0.0051) if isinstance(value, float) else value
        for name, value in row.items()
    }


UTC_PLUS_14, UTC_MINUS_11 = "Pacific/Kiritimati", "Pacific/Pago_Pago"
KEYS = {
    "sessions": ("period", "segment", "has_session", "currency"),
    "funnel": ("segment", "step"),
    "funnel_steps": ("segment", "step"),
    "retention": ("cohort", "number"),
}
# A report with its parameters, in a time zone and for some days.
QUESTIONS: list[tuple[str, str, tuple[date, date], dict[str, Any]]] = [
    ("sessions", "UTC", ALWAYS, {"breakdown": "none", "bots": "include"}),
    ("sessions", "UTC", SOME_DAYS, {"breakdown": "device", "bots": "exclude"}),
    ("sessions", UTC_PLUS_14, SOME_DAYS, {"breakdown": "source", "bots": "exclude"}),
    ("sessions", UTC_MINUS_11, SOME_DAYS, {"breakdown": "customer_type", "bots": "include"}),
    ("sessions", "Europe/Berlin", (date(2026, 3, 29),) * 2, {"breakdown": "campaign", "bots": "only"}),
    ("funnel", "UTC", ALWAYS, {"breakdown": "none", "bots": "exclude"}),
    ("funnel", UTC_PLUS_14, SOME_DAYS, {"breakdown": "customer_type", "bots": "include"}),
    ("funnel", UTC_MINUS_11, SOME_DAYS, {"breakdown": "landing", "bots": "exclude"}),
    *(
        (
            "funnel_steps",
            zone,
            SOME_DAYS,
            {**given, "order": order, "steps": ["view", "carted", "custom:video"]},
        )
        for order in ("strict", "any")
        for zone, given in (
            ("UTC", {"by": "session", "window_minutes": 20, "breakdown": "device", "bots": "exclude"}),
            (
                UTC_MINUS_11,
                {"by": "shopper", "window_minutes": 2_000, "breakdown": "none", "bots": "exclude"},
            ),
            (UTC_PLUS_14, {"by": "shopper", "window_minutes": 500, "breakdown": "source", "bots": "include"}),
        )
    ),
    ("retention", UTC_PLUS_14, SOME_DAYS, {"activity": "visit", "group_by": "day", "bots": "exclude"}),
    ("retention", "UTC", ALWAYS, {"activity": "visit", "group_by": "week", "bots": "include"}),
    ("retention", UTC_MINUS_11, ALWAYS, {"activity": "purchase", "group_by": "month", "bots": "exclude"}),
]


@pytest.fixture(scope="module")
def shop() -> Shop:
    return Generator(seed=11).generate(people=300)


def rows_of(truth: Truth, name: str, **given: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (
        expected_steps.rows(truth, **given)
        if name == "funnel_steps"
        else getattr(truth, f"{name}_rows")(**given)
    )
    return rows


def test_reports_of_random_visits_are_exact_in_every_state(warehouse: Warehouse, shop: Shop) -> None:
    truth = Truth(shop)
    assert len(truth.sessions) > 700
    wanted = [rows_of(truth, name, zone=zone, days=days, **given) for name, zone, days, given in QUESTIONS]
    for _ in states(warehouse, shop):
        for (name, zone, days, given), rows in zip(QUESTIONS, wanted, strict=True):
            with closing(in_time_zone(warehouse, zone)) as local:
                found = reports.run(local, name, start_date=days[0], end_date=days[1], **given)
            compare(found.records(), rows, key=KEYS[name])
