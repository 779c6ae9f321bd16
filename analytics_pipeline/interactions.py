"""The training data of models: interactions, orders, views and products as of a point in time."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pandas as pd

from analytics_pipeline.warehouse import Warehouse

EXTRACTS = Path(__file__).parent / "extracts"

# How strongly each type of event indicates a preference; only the ratios matter. A client's `cart_add` has no
# weight, because anyone can send one; `carted` is what the shop's own cart recorded.
WEIGHTS: Mapping[str, float] = {"click": 1.0, "view": 1.0, "carted": 3.0}
SALE_WEIGHT = 5.0


def interactions(warehouse: Warehouse, *, as_of: datetime) -> pd.DataFrame:
    """Return one row for each shopper, product and day, in the order of time.

    Columns: `shopper` (the key as text), `product_id`, `interacted_at` (UNIX seconds), `weight` (the
    strongest of that day), and for `ml.trust`: `arrived_at` (UNIX seconds by the server's clock, of the first
    event), `source_key` (of the strongest event; 0 if unknown) and `is_purchase` (1 if a unit was sold that
    wasn't cancelled).

    Raises:
        WarehouseUnavailable, WarehouseRefused: the query failed.
    """
    return warehouse.frame(
        _extract("interactions"),
        {
            "as_of": as_of,
            "kinds": list(WEIGHTS),
            "weights": list(WEIGHTS.values()),
            "sale_weight": SALE_WEIGHT,
        },
    )


def orders(warehouse: Warehouse, *, as_of: datetime) -> pd.DataFrame:
    """Return one row for each product of each order, without what was cancelled.

    Columns: `order_id`, `product_id`, `ordered_at` (UNIX seconds), `by_account` (1 if the buyer has an
    account), `buyer` (the key of the account or the guest as text; empty if the guest isn't known).

    Raises:
        WarehouseUnavailable, WarehouseRefused: the query failed.
    """
    return warehouse.frame(_extract("orders"), {"as_of": as_of})


def views(warehouse: Warehouse, *, as_of: datetime, most: int) -> pd.DataFrame:
    """Return one row for each of the `most` latest views of products, the oldest first.

    Columns: `shopper` (the key as text), `product_id`, `viewed_at` and `arrived_at` (UNIX milliseconds, the
    latter by the server's clock) and `source_key` (0 if unknown).

    Raises:
        WarehouseUnavailable, WarehouseRefused: the query failed.
    """
    return warehouse.frame(_extract("sessions"), {"as_of": as_of, "most": most})


def products(warehouse: Warehouse, *, as_of: datetime) -> pd.DataFrame:
    """Return one row for each product.

    Columns: id, texts, `category_path`, `attributes` (name → values), `price`, `is_active`. The catalogue
    has no history: `as_of` only leaves out products that were created later.
    """
    return warehouse.frame(_extract("products"), {"as_of": as_of})


def _extract(name: str) -> str:
    return (EXTRACTS / f"{name}.sql").read_text(encoding="utf-8")
