"""Exposures: lists of products that were shown to shoppers.

Every list gets an id that stays with the click, the cart item and the order item. The id is generated here;
the exposure itself is stored as an event by the sink that the composition root registers.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

import structlog
from uuid_utils.compat import uuid7

from backend.exposures.counts import NOT_STORED, STORED
from backend.exposures.errors import ExposureNotStored

if TYPE_CHECKING:
    # Imports Django REST framework, which processes without views don't need.
    from backend.api.shoppers import Shopper

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownList:
    """A list that was shown: `surface` says where; `query`, `filters`, `slot` and `algorithm` say why.

    `product_ids` are in the order shown; `page` counts from 1, and `first_position` is the position of its
    first product in the whole list; `version` is the model version or index generation that produced the
    list; `arms` are its experiment arms. `rule_ids` are the rules that changed the list, and `pinned_by` has
    the rule that decided the place of each pinned product. `sources` says for each product of a list of
    recommendations where it was found, and `propensities` how probable it was at its position; they are
    empty for other lists, and `propensities` where nothing is drawn at random.
    """

    id: UUID
    surface: str
    shopper: "Shopper"
    product_ids: tuple[int, ...]
    query: str = ""
    filters: Mapping[str, object] = field(default_factory=dict)
    slot: str = ""
    algorithm: str = ""
    version: str = ""
    page: int = 1
    first_position: int = 1
    arms: tuple[str, ...] = ()
    rule_ids: tuple[int, ...] = ()
    pinned_by: Mapping[int, int] = field(default_factory=dict)
    sources: tuple[str, ...] = ()
    propensities: tuple[float, ...] = ()
    shown_at: datetime


Sink = Callable[[ShownList], None]


def _no_sink(shown: ShownList) -> None:
    raise ExposureNotStored("no sink is registered")


_sink: list[Sink] = [_no_sink]


def register_sink(sink: Sink) -> None:
    """Register the function that stores exposures; it raises ExposureNotStored if it can't."""
    _sink[0] = sink


def new_id() -> UUID:
    """Return the id of a list that will be shown now."""
    return uuid7()


def expose(
    *,
    surface: str,
    shopper: "Shopper",
    product_ids: Sequence[int],
    now: datetime,
    query: str = "",
    filters: Mapping[str, object] | None = None,
    slot: str = "",
    algorithm: str = "",
    version: str = "",
    arms: Sequence[str] = (),
    page: int = 1,
    first_position: int = 1,
    rule_ids: Sequence[int] = (),
    pinned_by: Mapping[int, int] | None = None,
    sources: Sequence[str] = (),
    propensities: Sequence[float] = (),
    exposure_id: UUID | None = None,
) -> UUID | None:
    """Store the list and return its exposure id; if it can't be stored, count the failure and return None.

    `exposure_id` is the id if the list depends on it (`new_id`).
    """
    shown = ShownList(
        id=exposure_id or new_id(),
        surface=surface,
        shopper=shopper,
        product_ids=tuple(product_ids),
        query=query,
        filters=dict(filters or {}),
        slot=slot,
        algorithm=algorithm,
        version=version,
        arms=tuple(arms),
        page=page,
        first_position=first_position,
        rule_ids=tuple(rule_ids),
        pinned_by=dict(pinned_by or {}),
        sources=tuple(sources),
        propensities=tuple(propensities),
        shown_at=now,
    )
    try:
        _sink[0](shown)
    except ExposureNotStored as error:
        NOT_STORED.inc()
        logger.warning("exposure_not_stored", surface=surface, reason=str(error))
        return None
    STORED.inc()
    return shown.id
