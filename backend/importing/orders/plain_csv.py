"""Our own format of past orders: one row a line of an order.

`order`, `placed_at`, `sku`, `quantity` and `unit_price` are needed. Rows with the same `order` are one order,
placed at the earliest of their times; a row with a negative quantity is a return of its own, without an
order. Times are ISO 8601, in UTC where they name no zone. An empty `customer` is a guest.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from backend.catalog.pricing import rounded
from backend.importing.files import Header, open_table
from backend.importing.orders.row import OrderRow, Outcome, ReturnRow, SoldLine
from backend.importing.outcomes import Refused

HEADER = Header(
    required=("order", "placed_at", "sku", "quantity", "unit_price"),
    optional=("customer", "currency", "country"),
    closed=True,
)
CURRENCY = re.compile(r"[A-Z]{3}")
QUANTITY = re.compile(r"-?[1-9][0-9]{0,8}")
HIGHEST_PRICE = Decimal("9999999999.99")
LONGEST_REFERENCE = 64
# What a day of a report can be: two bytes of days since 1970, with a day to spare for other time zones.
EARLIEST, LATEST = datetime(1970, 1, 2, tzinfo=UTC), datetime(2149, 6, 4, tzinfo=UTC)

BAD_REFERENCE = f"order and sku must have 1 to {LONGEST_REFERENCE} characters, customer at most as many"
BAD_TIME = f"placed_at must be a time like 2024-01-31T16:05:00Z, from {EARLIEST:%F} to {LATEST:%F}"
BAD_QUANTITY = "quantity must be a whole number other than zero"
BAD_PRICE = "unit_price must be a number like 12.50, not negative, with at most two decimal places"
BAD_CURRENCY = "currency must be three capital letters like EUR"


class _Fault(ValueError):
    """A value that can't be taken; says what is expected."""


@dataclass(frozen=True, slots=True)
class _Line:
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
            line = _line(
                dict(zip(table.columns, map(str.strip, record.values), strict=True)), currency=currency
            )
        except _Fault as fault:
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


def _line(values: Mapping[str, str], *, currency: str) -> _Line:
    names = (values["order"], values["sku"], values.get("customer", ""))
    if not values["order"] or not values["sku"] or max(map(len, names)) > LONGEST_REFERENCE:
        raise _Fault(BAD_REFERENCE)
    if QUANTITY.fullmatch(values["quantity"]) is None:
        raise _Fault(BAD_QUANTITY)
    own_currency = values.get("currency") or currency
    if CURRENCY.fullmatch(own_currency) is None:
        raise _Fault(BAD_CURRENCY)
    return _Line(
        order=values["order"],
        at=_time(values["placed_at"]),
        sku=values["sku"],
        quantity=int(values["quantity"]),
        unit_price=_price(values["unit_price"]),
        customer=values.get("customer", ""),
        currency=own_currency,
        country=values.get("country", ""),
    )


def _time(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise _Fault(BAD_TIME) from error
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    if not EARLIEST <= at <= LATEST:
        raise _Fault(BAD_TIME)
    return at.astimezone(UTC)


def _price(text: str) -> Decimal:
    try:
        price = Decimal(text)
    except InvalidOperation as error:
        raise _Fault(BAD_PRICE) from error
    if not price.is_finite() or not 0 <= price <= HIGHEST_PRICE or price != round(price, 2):
        raise _Fault(BAD_PRICE)
    return price


def _outcomes(reference: str, *, lines: Sequence[_Line]) -> Iterator[OrderRow | ReturnRow]:
    sold = [line for line in lines if line.quantity > 0]
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
    for number, line in enumerate(lines):
        if line.quantity < 0:
            yield ReturnRow(
                reference=f"{reference}:{number}",
                occurred_at=line.at,
                currency=line.currency,
                customer=line.customer,
                sku=line.sku,
                quantity=-line.quantity,
                amount=rounded(-line.quantity * line.unit_price),
            )
