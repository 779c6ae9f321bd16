"""Our CSV format of past orders: one row for each line of an order.

`order`, `placed_at`, `sku`, `quantity` and `unit_price` are required. Rows with the same `order` are one
order, placed at the earliest of their times. A row with `charge` instead of `sku` is a charge of the order,
such as postage; its quantity and price may be negative. A row with a negative quantity of a product is a
separate return, without an order; `return` identifies it, by default its position in the order. Times
are ISO 8601, in UTC if they have no offset. An empty `customer` is a guest.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from backend.api import money
from backend.importing.errors import InvalidValue
from backend.importing.files import DETECTED, open_table
from backend.importing.headers import Header
from backend.importing.orders.row import OrderRow, Outcomes, ReturnRow, SoldLine
from backend.importing.outcomes import Refused
from backend.importing.rows import Row, rows_of
from backend.importing.spreadsheets import refuse_shortened
from backend.importing.text import Dialect
from backend.importing.values import (
    EARLIEST,
    HIGHEST_PRICE,
    LATEST,
    LONGEST_REFERENCE,
    MOST_UNITS,
    currency_code,
    point_in_time,
    price,
)
from backend.orders.bulk import Charge

HEADER = Header(
    required=("order", "placed_at", "sku", "quantity", "unit_price"),
    optional=("customer", "currency", "country", "charge", "description", "return"),
    closed=True,
)
QUANTITY = re.compile(r"-?[1-9][0-9]{0,6}")
LONGEST_DESCRIPTION = 500
LONGEST_COUNTRY = 80

BAD_REFERENCE = (
    f"order and either sku or charge must have 1 to {LONGEST_REFERENCE} characters,"
    " customer and return at most as many"
)
BAD_TIME = f"placed_at must be a time like 2024-01-31T16:05:00Z, from {EARLIEST:%F} to {LATEST:%F}"
BAD_QUANTITY = f"quantity must be a whole number other than zero, of at most {MOST_UNITS:,}"
BAD_WORTH = f"quantity times unit_price must be at most {HIGHEST_PRICE:,}"
OTHER_CURRENCY = "the currency is not that of the order's first row"
NOTHING_SOLD = "is a charge of an order without products"


@dataclass(frozen=True, slots=True)
class _Line:
    source: Row
    order: str
    at: datetime
    sku: str
    charge: str
    quantity: int
    unit_price: Decimal
    customer: str
    currency: str
    country: str

    @property
    def is_returned(self) -> bool:
        return not self.charge and self.quantity < 0


def read(path: Path, *, currency: str, dialect: Dialect = DETECTED) -> Outcomes:
    """Yield the refused rows of the file, then orders and returns; `currency` is for rows without one."""
    table = open_table(path, header=HEADER, dialect=dialect)
    by_order: dict[str, list[_Line]] = {}
    for row in rows_of(table):
        line = row if isinstance(row, Refused) else _line(row, currency=currency)
        if isinstance(line, Refused):
            yield line
        else:
            by_order.setdefault(line.order, []).append(line)
    for reference, lines in by_order.items():
        yield from _outcomes(reference, lines=lines)


def orders(groups: Iterable[list[Row] | Refused], *, currency: str) -> Outcomes:
    """Yield orders, returns and refused rows; each group has the rows of one order."""
    for group in groups:
        if isinstance(group, Refused):
            yield group
            continue
        lines: list[_Line] = []
        for row in group:
            line = _line(row, currency=currency)
            if isinstance(line, Refused):
                yield line
            else:
                lines.append(line)
        if lines:
            yield from _outcomes(lines[0].order, lines=lines)


def skus(path: Path, *, dialect: Dialect = DETECTED) -> set[str]:
    """Return every SKU in the file."""
    table = open_table(path, header=HEADER, dialect=dialect)
    return {row.values["sku"] for row in rows_of(table) if not isinstance(row, Refused)} - {""}


def _line(row: Row, *, currency: str) -> _Line | Refused:
    try:
        return _valid_line(row, currency=currency)
    except InvalidValue as fault:
        return Refused(row.line, str(fault), row.source)


def _valid_line(row: Row, *, currency: str) -> _Line:
    values = row.values
    charge, customer = values.get("charge", ""), values.get("customer", "")
    names = (values["order"], values["sku"], charge, customer, values.get("return", ""))
    if not values["order"] or bool(values["sku"]) == bool(charge) or max(map(len, names)) > LONGEST_REFERENCE:
        raise InvalidValue(BAD_REFERENCE)
    for column in ("order", "sku", "charge", "customer", "return"):
        refuse_shortened(values.get(column, ""), column=column)
    quantity = _quantity(values["quantity"])
    own_currency = currency_code(values.get("currency") or currency)
    unit_price = _unit_price(values["unit_price"], currency=own_currency, is_charge=bool(charge))
    if abs(quantity * unit_price) > HIGHEST_PRICE:
        raise InvalidValue(BAD_WORTH)
    return _Line(
        source=row,
        order=values["order"],
        at=point_in_time(values["placed_at"], fault=BAD_TIME),
        sku=values["sku"],
        charge=charge,
        quantity=quantity,
        unit_price=unit_price,
        customer=customer,
        currency=own_currency,
        country=values.get("country", "")[:LONGEST_COUNTRY],
    )


def _quantity(text: str) -> int:
    if QUANTITY.fullmatch(text) is None or abs(int(text)) > MOST_UNITS:
        raise InvalidValue(BAD_QUANTITY)
    return int(text)


def _unit_price(text: str, *, currency: str, is_charge: bool) -> Decimal:
    """Return the price; only that of a charge may be negative."""
    if is_charge and text.startswith("-"):
        return -price(text[1:], column="unit_price", currency=currency)
    return price(text, column="unit_price", currency=currency)


def _outcomes(reference: str, *, lines: Sequence[_Line]) -> Outcomes:
    sold = [line for line in lines if line.sku and line.quantity > 0]
    of_order = [line for line in lines if not line.is_returned]
    currency = sold[0].currency if sold else ""
    for line in of_order:
        if not sold:
            yield _refused(line, NOTHING_SOLD)
        elif line.currency != currency:
            yield _refused(line, OTHER_CURRENCY)
    if sold:
        yield _order(reference, lines=[line for line in of_order if line.currency == currency])
    for place, line in enumerate(lines):
        if line.is_returned:
            yield _return(line, reference=line.source.values.get("return") or f"{reference}:{place}")


def _refused(line: _Line, reason: str) -> Refused:
    return Refused(line.source.line, reason, line.source.source)


def _order(reference: str, *, lines: Sequence[_Line]) -> OrderRow:
    sold = [line for line in lines if line.sku]
    return OrderRow(
        reference=reference,
        placed_at=min(line.at for line in sold),
        currency=sold[0].currency,
        customer=sold[0].customer,
        country=sold[0].country,
        lines=tuple(SoldLine(line.sku, line.quantity, line.unit_price) for line in sold),
        charges=tuple(_charge(line) for line in lines if line.charge),
        rows=len(lines),
    )


def _charge(line: _Line) -> Charge:
    return Charge(
        code=line.charge,
        description=line.source.values.get("description", "")[:LONGEST_DESCRIPTION],
        amount=money.rounded(line.quantity * line.unit_price, currency=line.currency),
    )


def _return(line: _Line, *, reference: str) -> ReturnRow:
    return ReturnRow(
        reference=reference,
        occurred_at=line.at,
        currency=line.currency,
        customer=line.customer,
        sku=line.sku,
        quantity=-line.quantity,
        amount=money.rounded(-line.quantity * line.unit_price, currency=line.currency),
        country=line.country,
    )
