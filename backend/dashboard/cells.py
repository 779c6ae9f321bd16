"""How values of reports are written on pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from analytics_pipeline.reports import Column
from backend.api import money

_SHARES = frozenset({"click_through", "conversion", "share_of_customers", "support", "share"})
_SHARE_ENDS = ("_rate", "_share")
_IDS = frozenset({"product", "order_id", "seller", "variant", "seller_id", "product_id"})
_SHORT = 20
_NOT_KNOWN = "(not known)"


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table; `link` is an address, or empty."""

    text: str
    is_number: bool = False
    link: str = ""

    @property
    def is_short(self) -> bool:
        """Whether the text fits on one line."""
        return len(self.text) <= _SHORT


def is_share(column: str) -> bool:
    """Return whether the column has shares from 0 to 1, which are written as per cent."""
    of_interval = column.removesuffix("_low").removesuffix("_high")
    return of_interval == "rate" or of_interval in _SHARES or of_interval.endswith(_SHARE_ENDS)


def is_id(column: str) -> bool:
    """Return whether the numbers of the column are names, which have no thousands."""
    return column in _IDS


def text_of(value: Any, *, column: str, currency: str = "") -> str:
    """Return the value in words and digits: amounts in the places of their currency, shares in per cent."""
    match value:
        case None | "":
            return _NOT_KNOWN
        case Decimal():
            has_places = currency in money.EXPONENTS
            return f"{Decimal(money.written(value, currency=currency)) if has_places else value:,}"
        case float():
            return percent(value) if is_share(column) else f"{value:,.2f}".rstrip("0").rstrip(".")
        case int() if not is_id(column):
            return f"{value:,}"
        case list() | tuple():
            return ", ".join(map(str, value))
        case _:
            return str(value)


def percent(share: float | Decimal) -> str:
    """Return a share in per cent, with one decimal place."""
    return f"{share * 100:,.1f}%"


def cell_of(record: Mapping[str, Any], column: Column, *, link: str = "") -> Cell:
    """Return the cell of a row in this column."""
    value = record[column.name]
    currency = str(record.get("currency", ""))
    # Rows without amounts have no currency, which is known.
    text = currency if column.name == "currency" else text_of(value, column=column.name, currency=currency)
    return Cell(text, is_number=is_number(column), link=link)


def is_number(column: Column) -> bool:
    """Return whether the column has numbers that are compared, unlike ids and days."""
    return column.type.startswith(("UInt", "Int", "Float", "Decimal")) and not is_id(column.name)


def name_of(record: Mapping[str, Any], label: str) -> str:
    """Return what a chart calls the row: for products, their title."""
    return str(record.get("title") or "") or text_of(record[label], column=label)
