"""Our own format of past orders: one row a line of an order.

`order`, `placed_at`, `sku`, `quantity` and `unit_price` are needed. Rows with the same `order` are one order,
placed at the earliest of their times; a row with a negative quantity is a return of its own, without an
order. Times are ISO 8601, in UTC where they name no zone. An empty `customer` is a guest.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from backend.api import money
from backend.importing.errors import InvalidValue
from backend.importing.files import Header, open_table
from backend.importing.orders.row import OrderRow, Outcome, ReturnRow, SoldLine
from backend.importing.outcomes import Refused
from backend.importing.values import (
    EARLIEST,
    HIGHEST_PRICE,
    LATEST,
    LONGEST_REFERENCE,
    MOST_UNITS,
    currency_code,
    price,
)

HEADER = Header(
    required=("order", "placed_at", "sku", "quantity", "unit_price"),
    optional=("customer", "currency", "country"),
    closed=True,
)
QUANTITY = re.compile(r"-?[1-9][0-9]{0,6}")

BAD_REFERENCE = f"order and sku must have 1 to {LONGEST_REFERENCE} characters, customer at most as many"
BAD_TIME = f"placed_at must be a time like 2024-01-31T16:05:00Z, from {EARLIEST:%F} to {LATEST:%F}"
BAD_QUANTITY = f"quantity must be a whole number other than zero, of at most {MOST_UNITS:,}"
BAD_WORTH = f"quantity times unit_price must be at most {HIGHEST_PRICE:,}"
OTHER_CURRENCY = "the currency is not that of the order's first row"


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    row: tuple[str, ...]
    order: str
    at: datetime
    sku: str
    quantity: int
    unit_price: Decimal
    customer: str
    currency: str
    country: str


def read(path: Path, *, currency: str) -> Iterator[Outcome]:
    """Yield the rows that can't be taken, then orders and returns; `currency` is for rows without one."""
    table = open_table(path, header=HEADER)
    orders: dict[str, list[_Line]] = {}
    for record in table.records():
        if isinstance(record, Refused):
            yield record
            continue
        try:
            values = dict(zip(table.columns, map(str.strip, record.values), strict=True))
            line = _line(record.line, tuple(record.values), values, currency=currency)
        except InvalidValue as fault:
            yield Refused(record.line, str(fault), tuple(record.values))
            continue
        orders.setdefault(line.order, []).append(line)
    for reference, lines in orders.items():
        yield from _outcomes(reference, lines=lines)


def skus(path: Path) -> set[str]:
    """Return every SKU in the file."""
    table = open_table(path, header=HEADER)
    (position,) = table.positions(("sku",))
    found = {record.values[position].strip() for record in table.records() if not isinstance(record, Refused)}
    return found - {""}


def _line(line: int, row: tuple[str, ...], values: Mapping[str, str], *, currency: str) -> _Line:
    names = (values["order"], values["sku"], values.get("customer", ""))
    if not values["order"] or not values["sku"] or max(map(len, names)) > LONGEST_REFERENCE:
        raise InvalidValue(BAD_REFERENCE)
    quantity = _quantity(values["quantity"])
    own_currency = currency_code(values.get("currency") or currency)
    unit_price = price(values["unit_price"], column="unit_price", currency=own_currency)
    if abs(quantity) * unit_price > HIGHEST_PRICE:
        raise InvalidValue(BAD_WORTH)
    return _Line(
        number=line,
        row=row,
        order=values["order"],
        at=_time(values["placed_at"]),
        sku=values["sku"],
        quantity=quantity,
        unit_price=unit_price,
        customer=values.get("customer", ""),
        currency=own_currency,
        country=values.get("country", ""),
    )


def _time(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidValue(BAD_TIME) from error
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    if not EARLIEST <= at <= LATEST:
        raise InvalidValue(BAD_TIME)
    return at.astimezone(UTC)


def _quantity(text: str) -> int:
    if QUANTITY.fullmatch(text) is None or abs(int(text)) > MOST_UNITS:
        raise InvalidValue(BAD_QUANTITY)
    return int(text)


def _outcomes(reference: str, *, lines: Sequence[_Line]) -> Iterator[Outcome]:
    positive = [line for line in lines if line.quantity > 0]
    sold = [line for line in positive if line.currency == positive[0].currency]
    for line in positive:
        if line.currency != positive[0].currency:
            yield Refused(line.number, OTHER_CURRENCY, line.row)
    if sold:
        yield OrderRow(
            reference=reference,
            placed_at=min(line.at for line in sold),
            currency=sold[0].currency,
            customer=sold[0].customer,
            country=sold[0].country,
            lines=tuple(SoldLine(line.sku, line.quantity, line.unit_price) for line in sold),
            rows=len(sold),
        )
    for place, line in enumerate(lines):
        if line.quantity < 0:
            yield ReturnRow(
                reference=f"{reference}:{place}",
                occurred_at=line.at,
                currency=line.currency,
                customer=line.customer,
                sku=line.sku,
                quantity=-line.quantity,
                amount=money.rounded(-line.quantity * line.unit_price, currency=line.currency),
            )
