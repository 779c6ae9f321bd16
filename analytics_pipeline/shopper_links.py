"""Links from guests to the accounts that they logged in to."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from analytics_pipeline import rollups
from analytics_pipeline.rollups import SESSION_PARTS
from analytics_pipeline.warehouse import Warehouse

_DAYS = """
SELECT day FROM session_parts_rollup WHERE shopper_key IN {keys:Array(UUID)}
UNION DISTINCT
SELECT day FROM events WHERE day IN ({dirty:Array(Date)}) AND shopper_key IN {keys:Array(UUID)}
"""
_KEYS_AT_ONCE = 1_000


def store(warehouse: Warehouse, columns: Mapping[str, Sequence[Any]]) -> None:
    """Store links, as columns of `shopper_links`, and mark the days on which the guests had events."""
    warehouse.insert("shopper_links", columns)
    mark_days(warehouse, columns["anonymous_key"])


def mark_days(warehouse: Warehouse, guests: Collection[UUID]) -> None:
    """Count a change of the days on which the guests had events. Call this after the change, never before.

    Only the guests' days are changed by a link, not those of the account. An event that isn't found because
    it is stored meanwhile marks its day itself.
    """
    keys = list(dict.fromkeys(guests))
    # Read before the days. A day that is built meanwhile is found in the rollup and in the events.
    dirty = rollups.dirty_days(warehouse, SESSION_PARTS)
    days: set[date] = set()
    for start in range(0, len(keys), _KEYS_AT_ONCE):
        some = {"keys": keys[start : start + _KEYS_AT_ONCE], "dirty": dirty}
        days.update(row["day"] for row in warehouse.rows(_DAYS, some))
    warehouse.insert("link_changes", {"day": sorted(days), "changes": [1] * len(days)})
