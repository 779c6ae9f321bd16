"""A year of invoices of a gift shop, as its export lists them: what both importers know of the file.

One row is a line of an invoice; the lines of an invoice need not stand together. An invoice whose number
begins with C is a cancellation: goods that came back. The file says neither time zone nor currency; times are
taken as UTC and prices as pounds.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from backend.importing.files import Header, Record, open_table
from backend.importing.outcomes import EXACT_COPY, Refused
from backend.importing.values import EARLIEST, HIGHEST_PRICE, LATEST, LONGEST_REFERENCE, MOST_UNITS

SOURCE = "online-retail"
CURRENCY = "GBP"
CANCELLATION = "C"
HEADER = Header(
    required=(
        "InvoiceNo",
        "StockCode",
        "Description",
        "Quantity",
        "InvoiceDate",
        "UnitPrice",
        "CustomerID",
        "Country",
    )
)

NOT_A_QUANTITY = f"the quantity is no whole number of at most {MOST_UNITS:,}"
NOT_A_PRICE = "the unit price is no number"
NOT_A_TIME = f"the invoice date is no time like 2010-12-01 08:26:00, from {EARLIEST:%F} to {LATEST:%F}"
BAD_NUMBER = f"names no invoice or stock code, or one or a customer longer than {LONGEST_REFERENCE}"
HIGH_WORTH = f"its price, or that of all its units, is above {HIGHEST_PRICE:,}"


def names_goods(code: str) -> bool:
    """Whether a stock code begins with five digits, as those of goods do."""
    start = code[:5]
    return len(start) == 5 and start.isascii() and start.isdigit()


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an invoice; `code` is in capitals, since codes are compared without case."""

    number: int
    code: str
    description: str
    quantity: int
    price: Decimal
    at: datetime
    row: tuple[str, ...]

    @property
    def is_product(self) -> bool:
        """Whether it names goods: other codes are postage, fees, discounts and the like."""
        return names_goods(self.code)

    @property
    def is_paid(self) -> bool:
        """Whether something was sold at a price."""
        return self.quantity > 0 and self.price > 0

    @property
    def is_returned(self) -> bool:
        """Whether something came back at a price."""
        return self.quantity < 0 and self.price > 0

    def refused(self, reason: str) -> Refused:
        """Return it as refused."""
        return Refused(self.number, reason, self.row)


@dataclass(frozen=True, slots=True)
class Invoice:
    """The lines under one number, without exact copies; `at` is the time of the earliest."""

    number: str
    customer: str
    country: str
    at: datetime
    lines: tuple[Line, ...]

    @property
    def is_cancellation(self) -> bool:
        """Whether goods came back."""
        return self.number.startswith(CANCELLATION)


def invoices(path: Path) -> Iterator[Invoice | Refused]:
    """Yield the invoices in the order in which the file first names them, and the lines that can't be read.

    The whole file is read first, because the lines of an invoice may be apart.
    """
    table = open_table(path, header=HEADER)
    positions = table.positions(HEADER.required)
    raw: dict[str, list[tuple[int, tuple[str, ...]]]] = {}
    for record in table.records():
        if isinstance(record, Refused):
            yield record
            continue
        row = _shared(record, positions=positions)
        raw.setdefault(row[0], []).append((record.line, row))
    for number in list(raw):
        yield from _invoice(number, rows=raw.pop(number))


def _shared(record: Record, *, positions: tuple[int, ...]) -> tuple[str, ...]:
    # Nearly every value repeats in the file; kept once, half a million rows fit into a hundred megabytes.
    return tuple([sys.intern(record.values[position]) for position in positions])


def _invoice(number: str, *, rows: list[tuple[int, tuple[str, ...]]]) -> Iterator[Invoice | Refused]:
    seen: set[tuple[str, ...]] = set()
    lines: list[Line] = []
    for line_number, row in rows:
        if row in seen:
            yield Refused(line_number, EXACT_COPY, row)
            continue
        seen.add(row)
        line = _line(line_number, row=row)
        if isinstance(line, Refused):
            yield line
        else:
            lines.append(line)
    if lines:
        customer = next((line.row[6] for line in lines if line.row[6]), "")
        yield Invoice(number, customer, lines[0].row[7], min(line.at for line in lines), tuple(lines))


def _line(number: int, *, row: tuple[str, ...]) -> Line | Refused:
    invoice, code, description, quantity, date, price, customer, _ = row
    if not invoice or not code.strip() or max(map(len, (invoice, code, customer))) > LONGEST_REFERENCE:
        return Refused(number, BAD_NUMBER, row)
    units, at, amount = _units(quantity), _time(date), _decimal(price)
    if units is None:
        return Refused(number, NOT_A_QUANTITY, row)
    if at is None:
        return Refused(number, NOT_A_TIME, row)
    if amount is None:
        return Refused(number, NOT_A_PRICE, row)
    if max(abs(units), 1) * abs(amount) > HIGHEST_PRICE:
        return Refused(number, HIGH_WORTH, row)
    return Line(number, code.strip().upper(), description.strip(), units, amount, at, row)


def _units(text: str) -> int | None:
    try:
        units = int(text)
    except ValueError:
        return None
    return units if abs(units) <= MOST_UNITS else None


def _time(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        return None
    return at if EARLIEST <= at <= LATEST else None


def _decimal(text: str) -> Decimal | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None
