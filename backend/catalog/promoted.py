"""The promotion that cards and pages show beside a reduced price.

A copy of what is shown is stored with the variant and its product (`promoted_by`), so that lists need no
second query. Only the units that are left, which change with each order, are read when they are shown: the
app that knows them registers a function.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, TypedDict

PromotionShown = dict[str, Any]
"""The representation that PromotionOfCardSerializer describes, before `add_live_values` with `is_limited`."""


class PromotedBy(TypedDict):
    """The promotion of a reduced price, as it is stored; with `is_limited`, a number of units is reduced."""

    id: int
    name: str
    ends_at: str | None
    is_flash_sale: bool
    is_limited: bool


UnitsLeft = Callable[[Collection[int]], Mapping[int, int]]


def _unknown(promotion_ids: Collection[int]) -> Mapping[int, int]:
    return {}


_units_left: UnitsLeft = _unknown


def register_units_left(function: UnitsLeft) -> None:
    """Let `function` return the units that are left of promotions with a number of units, by id."""
    global _units_left  # noqa: PLW0603 - set once, by the composition root
    _units_left = function


def promotion_shown(promoted_by: Mapping[str, Any] | None) -> PromotionShown | None:
    """Return what a card shows of a promotion; `add_live_values` completes it."""
    return None if promoted_by is None else {**promoted_by, "units_left": None, "server_time": None}


def add_live_values(shown: Iterable[Mapping[str, Any]], *, now: datetime) -> None:
    """Complete the promotions of cards and variants, in 1 query if one has a number of units."""
    promotions = [each["promotion"] for each in shown if each["promotion"] is not None]
    limited = {each["id"] for each in promotions if each["is_limited"]}
    left = _units_left(limited) if limited else {}
    time = now.astimezone(UTC).isoformat().replace("+00:00", "Z")
    for each in promotions:
        del each["is_limited"]
        each |= {"units_left": left.get(each["id"]), "server_time": time}
