"""Reads everything about a shopper from the warehouse, a day at a time, so that each query is short."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from analytics_pipeline.warehouse import Warehouse

_DAYS_AT_ONCE = timedelta(days=31)
_BOUNDS = "SELECT min(day) AS first, max(day) AS last, count() AS number FROM events"
# Without FINAL, which sorts all events of a day, so that it is needed for the shopper's own days only.
_DAYS = """
SELECT DISTINCT day
FROM events
WHERE day >= {first:Date} AND day < {end:Date} AND shopper_key IN {keys:Array(UUID)}
ORDER BY day
"""
_EVENTS = """
SELECT
    event_id, reported_at, type, shopper_key, session_id, product_id, variant_id, quantity, position,
    exposure_id, surface, query, filters, slot, algorithm, arms, page, product_ids, list_version,
    properties, arrived_at, path, referrer, source, medium, campaign, view_id, visible_ms, facet, value,
    is_selected, step, rating, channel, name, order_id, device, is_bot, consent
FROM events FINAL
WHERE day = {day:Date} AND shopper_key IN {keys:Array(UUID)}
ORDER BY reported_at, event_id
"""
_LETTERS = """
SELECT arrived_at, shopper_key, reason, payload
FROM dead_letters FINAL
WHERE shopper_key IN {keys:Array(UUID)} AND replayed = 0
ORDER BY arrived_at
"""


def events_of(warehouse: Warehouse, keys: Sequence[UUID]) -> Iterator[dict[str, Any]]:
    """Yield the events with one of the keys, by day. Values that an event doesn't have are left out."""
    bounds = warehouse.rows(_BOUNDS)[0]
    if not bounds["number"]:
        return
    first: date = bounds["first"]
    while first <= bounds["last"]:
        end = first + _DAYS_AT_ONCE
        for found in warehouse.rows(_DAYS, {"first": first, "end": end, "keys": list(keys)}):
            for row in warehouse.rows(_EVENTS, {"day": found["day"], "keys": list(keys)}):
                yield {name: value for name, value in row.items() if _is_given(value)}
        first = end


def dead_letters_of(warehouse: Warehouse, keys: Sequence[UUID]) -> list[dict[str, Any]]:
    """Return the refused events with one of the keys."""
    return warehouse.rows(_LETTERS, {"keys": list(keys)})


def _is_given(value: object) -> bool:
    return bool(value.int) if isinstance(value, UUID) else bool(value)
