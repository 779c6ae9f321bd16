"""What shoppers did with products, as pages of the view `user_product_interactions`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from analytics_pipeline.columns import NIL_UUID
from analytics_pipeline.reports.parameters import FIRST_DAY, LAST_DAY
from analytics_pipeline.warehouse import Warehouse

# An event's day is that of its uncorrected time in UTC.
_MATCHING = """
FROM user_product_interactions
WHERE day BETWEEN toDate32({start_date:Date}) - 2 AND toDate32({end_date:Date}) + 2
  AND toDate(timestamp, {time_zone:String}) BETWEEN {start_date:Date} AND {end_date:Date}
  AND ({interaction_type:String} = '' OR interaction_type = {interaction_type:String})
  AND ({product_id:UInt64} = 0 OR product_id = {product_id:UInt64})
  AND ({user_key:UUID} = toUUID('00000000-0000-0000-0000-000000000000') OR user_key = {user_key:UUID})
"""
_COUNT = "SELECT count()" + _MATCHING
_PAGE = (
    "SELECT interaction_id, user_key, product_id, interaction_type, value, timestamp"
    + _MATCHING
    + "ORDER BY timestamp DESC, interaction_id LIMIT {limit:UInt64} OFFSET {offset:UInt64}"
)


class InteractionType(StrEnum):
    """What a shopper did with a product."""

    VIEW = "VIEW"
    ADD_TO_CART = "ADD_TO_CART"
    PURCHASE = "PURCHASE"
    WISHLIST = "WISHLIST"
    RATING = "RATING"


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """Which interactions: those of these days, in the shop's time zone, with each value that isn't None."""

    start_date: date = FIRST_DAY
    end_date: date = LAST_DAY
    interaction_type: InteractionType | None = None
    product_id: int | None = None
    user_key: UUID | None = None


def count(warehouse: Warehouse, matching: Matching) -> int:
    """Return how many interactions match.

    Raises:
        WarehouseUnavailable, WarehouseRefused: the query failed.
    """
    return int(warehouse.value(_COUNT, _parameters(warehouse, matching)))


def page(warehouse: Warehouse, matching: Matching, *, offset: int, limit: int) -> list[dict[str, Any]]:
    """Return `limit` interactions after the first `offset`, the newest first.

    Each has `interaction_id`, `user_key`, `product_id`, `interaction_type`, `value` and `timestamp`.

    Raises:
        WarehouseUnavailable, WarehouseRefused: the query failed.
    """
    parameters = {**_parameters(warehouse, matching), "offset": offset, "limit": limit}
    return warehouse.rows(_PAGE, parameters)


def _parameters(warehouse: Warehouse, matching: Matching) -> Mapping[str, object]:
    return {
        "start_date": matching.start_date,
        "end_date": matching.end_date,
        "interaction_type": matching.interaction_type or "",
        "product_id": matching.product_id or 0,
        "user_key": matching.user_key or NIL_UUID,
        "time_zone": warehouse.settings.time_zone,
    }
