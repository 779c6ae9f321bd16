"""Lists of recommendations with the probabilities of their order, and what they led to."""

from datetime import date, datetime
from pathlib import Path

import pandas as pd

from analytics_pipeline.warehouse import Warehouse

EXTRACTS = Path(__file__).parent / "extracts"


def lists(warehouse: Warehouse, *, slot: str, start: datetime, end: datetime) -> pd.DataFrame:
    """Return one row for each list that was shown from `start` until before `end`, without those of bots.

    Columns: `list_id` and `shopper` as texts, `product_ids`, `propensities` (parallel to it, or empty),
    `clicked` (parallel; 1 or 0).

    Raises:
        WarehouseUnavailable, WarehouseRefused: the query failed.
    """
    return warehouse.frame(_extract("logged_lists"), {"slot": slot, "start": start, "end": end})


def revenue(warehouse: Warehouse, *, slot: str, start: date, end: date) -> pd.DataFrame:
    """Return the net revenue of movements from `start` to `end` (days in the shop's time zone).

    Columns: `list_id`, `product_id`, `currency`, `revenue` (float64).

    Raises:
        WarehouseUnavailable, WarehouseRefused: the query failed.
    """
    parameters = {
        "slot": slot,
        "start_date": start,
        "end_date": end,
        "time_zone": warehouse.settings.time_zone,
    }
    return warehouse.frame(_extract("list_revenue"), parameters)


def _extract(name: str) -> str:
    return (EXTRACTS / f"{name}.sql").read_text(encoding="utf-8")
