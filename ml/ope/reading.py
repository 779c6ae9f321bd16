"""Logged lists, read from the warehouse."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

import pandas as pd

from analytics_pipeline import logged_lists
from analytics_pipeline.warehouse import Warehouse
from ml.ope.comparison import NotEvaluable
from ml.ope.logs import LoggedLists


class Metric(StrEnum):
    """What a list is worth."""

    CLICKS = "clicks"  # products that were clicked
    REVENUE = "revenue"  # net revenue that is credited to the list


class SeveralCurrencies(NotEvaluable):
    """Revenue in different currencies can't be added."""

    def __init__(self, currencies: list[str]) -> None:
        super().__init__(f"the lists earned {', '.join(currencies)}: name one with --currency")
        self.currencies = currencies


@dataclass(frozen=True, slots=True)
class Logged:
    """The lists with propensities, the number of those without, and the currency of revenue."""

    lists: LoggedLists
    without_propensities: int
    currency: str = ""


def from_warehouse(
    warehouse: Warehouse,
    *,
    slot: str,
    start: datetime,
    end: datetime,
    metric: Metric,
    until: date,
    currency: str = "",
) -> Logged:
    """Return the lists that a slot showed from `start` until before `end`.

    Revenue is that of movements up to the day `until` (in the shop's time zone), in `currency`; "" is the
    only one that there is.

    Raises:
        SeveralCurrencies: there is revenue in several, and none is named.
        InvalidPropensities: the stored propensities can't be probabilities.
        WarehouseUnavailable, WarehouseRefused: a query failed.
    """
    rows = logged_lists.lists(warehouse, slot=slot, start=start, end=end)
    kept = rows[rows["propensities"].map(len) > 0] if len(rows) else rows
    rewards = list(kept["clicked"]) if len(kept) else []
    if metric is Metric.REVENUE:
        # Revenue is selected by days of the shop, which begin at other times than days of UTC.
        first = start.astimezone(ZoneInfo(warehouse.settings.time_zone)).date()
        earned = logged_lists.revenue(warehouse, slot=slot, start=first, end=until)
        currency = currency or _only_currency(earned)
        rewards = _revenue(kept, earned[earned["currency"] == currency])
    columns = [list(kept[name]) if len(kept) else [] for name in ("shopper", "product_ids", "propensities")]
    lists = LoggedLists.of_rows(columns[0], columns[1], columns[2], rewards)
    return Logged(lists, len(rows) - len(kept), currency)


def _only_currency(earned: pd.DataFrame) -> str:
    found = sorted(set(earned["currency"])) if len(earned) else []
    if len(found) > 1:
        raise SeveralCurrencies(found)
    return found[0] if found else ""


def _revenue(rows: pd.DataFrame, earned: pd.DataFrame) -> list[list[float]]:
    """Return what each product of each list earned."""
    pairs = zip(earned["list_id"], earned["product_id"], strict=True)
    of = dict(zip(pairs, earned["revenue"].astype(float), strict=True))
    return [
        [of.get((list_id, product), 0.0) for product in products]
        for list_id, products in zip(rows["list_id"], rows["product_ids"], strict=True)
    ]
