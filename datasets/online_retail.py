"""Convert a gift shop's invoices of one year to products, orders and returns.

Each row is a line of an invoice; the lines of an invoice need not be adjacent. An invoice whose number begins
with C is a cancellation: goods were returned. Stock codes of goods begin with five digits; other codes are
for postage, fees, discounts and so on. The data set states no time zone or currency; times are assumed to be
UTC, and prices to be in pounds.
"""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from datasets.rows import EXACT_COPY, Converted, ConvertedRow, RefusedRow, SourceRow

COLUMNS = (
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
)
STOCK_CODE = COLUMNS.index("StockCode")
CURRENCY = "GBP"
CATEGORY = "Gifts"
CANCELLATION = "C"
LONGEST_TITLE = 300
CENT = Decimal("0.01")
HIGHEST_PRICE = Decimal("9999999999.99")

NO_NUMBER = "has no invoice number or no stock code"
NOT_A_QUANTITY = "the quantity is not a whole number"
NOT_A_PRICE = "the unit price is not a number"
HIGH_PRICE = f"the unit price is above {HIGHEST_PRICE:,}"
NOT_A_TIME = "the invoice date is not a time like 2010-12-01 08:26:00"
NOT_GOODS = "the stock code is not that of goods, which begins with five digits"
NEVER_SOLD = "was never sold at a price, so it is not listed"
NOTHING_SOLD = "its invoice sells no goods"
NOT_SOLD = "goods whose quantity or price is not above zero"
NO_CHARGE = "a charge of zero"
CHARGE_RETURNED = "a charge on a cancellation, which belongs to no order"
NOT_RETURNED = "goods on a cancellation whose quantity is not below zero or whose price is not above zero"


def is_goods(code: str) -> bool:
    """Return whether a stock code is that of goods, which begins with five digits."""
    start = code[:5]
    return len(start) == 5 and start.isascii() and start.isdigit()


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an invoice; `code` is in upper case, because codes differ in case only by mistake."""

    code: str
    description: str
    quantity: int
    price: Decimal
    at: datetime
    source: SourceRow

    @property
    def is_goods(self) -> bool:
        """Whether it is a line of goods."""
        return is_goods(self.code)

    @property
    def is_sold(self) -> bool:
        """Whether units were sold at a price."""
        return self.quantity > 0 and self.price > 0

    @property
    def is_returned(self) -> bool:
        """Whether units that had a price were returned."""
        return self.quantity < 0 and self.price > 0


@dataclass(frozen=True, slots=True)
class Invoice:
    """The lines of an invoice without exact copies; `at` is the time of the earliest."""

    number: str
    customer: str
    country: str
    at: datetime
    lines: tuple[Line, ...]

    @property
    def is_cancellation(self) -> bool:
        """Whether goods were returned."""
        return self.number.startswith(CANCELLATION)


def invoices(rows: Iterable[SourceRow]) -> Iterator[Invoice | RefusedRow]:
    """Yield the invoices in the order of their first lines, and the lines that can't be read.

    All rows are read first, because the lines of an invoice need not be adjacent.
    """
    by_number: dict[str, list[SourceRow]] = {}
    for row in rows:
        # Most values repeat; interning them keeps half a million rows within a hundred megabytes.
        shared = tuple([sys.intern(value) for value in row.values])
        by_number.setdefault(shared[0], []).append(SourceRow(row.line, shared))
    for number in list(by_number):
        yield from _invoice(number, rows=by_number.pop(number))


def _invoice(number: str, *, rows: list[SourceRow]) -> Iterator[Invoice | RefusedRow]:
    seen: set[tuple[str, ...]] = set()
    lines: list[Line] = []
    for row in rows:
        line = RefusedRow(row, EXACT_COPY) if row.values in seen else _line(row)
        seen.add(row.values)
        if isinstance(line, RefusedRow):
            yield line
        else:
            lines.append(line)
    if lines:
        customers = (line.source.values[6] for line in lines)
        customer = next((name for name in customers if name), "")
        country = lines[0].source.values[7]
        yield Invoice(number, customer, country, min(line.at for line in lines), tuple(lines))


def _line(row: SourceRow) -> Line | RefusedRow:
    invoice, code, description, quantity, date, price, _, _ = row.values
    if not invoice or not code.strip():
        return RefusedRow(row, NO_NUMBER)
    try:
        units = int(quantity)
    except ValueError:
        return RefusedRow(row, NOT_A_QUANTITY)
    try:
        at = datetime.fromisoformat(date).replace(tzinfo=UTC)
    except ValueError:
        return RefusedRow(row, NOT_A_TIME)
    amount = _decimal(price)
    if amount is None:
        return RefusedRow(row, NOT_A_PRICE)
    if abs(amount) > HIGHEST_PRICE:
        return RefusedRow(row, HIGH_PRICE)
    return Line(code.strip().upper(), description.strip(), units, amount, at, row)


def _decimal(text: str) -> Decimal | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


@dataclass(slots=True)
class _Goods:
    """Aggregates the lines with one stock code; prices are those of the latest sale and return so far."""

    first: Line
    first_at: datetime
    rows: int = 0
    names: Counter[str] = field(default_factory=Counter)
    sold_at: datetime | None = None
    price: Decimal = Decimal(0)
    return_price: Decimal = Decimal(0)

    def add(self, line: Line, *, invoice: Invoice) -> None:
        self.rows += 1
        self.first_at = min(self.first_at, invoice.at)
        if line.description:
            self.names[line.description] += 1
        if line.is_sold and not invoice.is_cancellation:
            if self.sold_at is None or invoice.at >= self.sold_at:
                self.sold_at, self.price = invoice.at, line.price
        elif line.price > 0:
            self.return_price = line.price

    @property
    def title(self) -> str:
        """The most frequent description (the alphabetically first of equals), or else the code."""
        if not self.names:
            return self.first.code
        return min(self.names, key=lambda name: (-self.names[name], name))


def convert_products(rows: Iterable[SourceRow]) -> Iterator[Converted]:
    """Yield the refused lines, then each product with its most frequent name and its latest price.

    A product that was never sold at a price is not listed; its price is that of its latest return, or zero.
    """
    goods: dict[str, _Goods] = {}
    for invoice in invoices(rows):
        if isinstance(invoice, RefusedRow):
            yield invoice
            continue
        for line in invoice.lines:
            if not line.is_goods:
                yield RefusedRow(line.source, NOT_GOODS)
                continue
            goods.setdefault(line.code, _Goods(line, invoice.at)).add(line, invoice=invoice)
    for code, known in goods.items():
        yield _product(code, known=known)


def _product(code: str, *, known: _Goods) -> ConvertedRow:
    is_sold = known.sold_at is not None
    price = known.price if is_sold else known.return_price
    values = {
        "sku": code,
        "title": known.title[:LONGEST_TITLE].strip(),
        "price": str(_rounded(price)),
        "currency": CURRENCY,
        "category": CATEGORY,
        "is_active": "true" if is_sold else "false",
        "created_at": known.first_at.isoformat(),
    }
    return ConvertedRow(
        values=values,
        source=known.first.source,
        rows=known.rows,
        remarks=() if is_sold else (NEVER_SOLD,),
    )


def convert_orders(rows: Iterable[SourceRow]) -> Iterator[list[ConvertedRow] | RefusedRow]:
    """Yield orders, returns and refused lines, invoice by invoice.

    An order is an invoice with at least one line of goods sold at a price; its other codes are charges. A
    cancellation doesn't name its order, so each of its lines is a separate return.
    """
    for invoice in invoices(rows):
        if isinstance(invoice, RefusedRow):
            yield invoice
        elif invoice.is_cancellation:
            yield from _returns(invoice)
        else:
            yield from _order(invoice)


def skus(rows: Iterable[SourceRow]) -> set[str]:
    """Return the codes of all goods."""
    codes = {row.values[STOCK_CODE] for row in rows}
    return {code for code in (code.strip().upper() for code in codes) if is_goods(code)}


def _returns(invoice: Invoice) -> Iterator[list[ConvertedRow] | RefusedRow]:
    for number, line in enumerate(invoice.lines):
        if not line.is_goods:
            yield RefusedRow(line.source, CHARGE_RETURNED)
        elif not line.is_returned:
            yield RefusedRow(line.source, NOT_RETURNED)
        else:
            # Identified by its position, so that importing the file again finds the same return.
            reference = {"return": f"{invoice.number}:{number}", "sku": line.code}
            yield [_converted(line, invoice=invoice, more=reference)]


def _order(invoice: Invoice) -> Iterator[list[ConvertedRow] | RefusedRow]:
    if not any(line.is_goods and line.is_sold for line in invoice.lines):
        yield from (RefusedRow(line.source, NOTHING_SOLD) for line in invoice.lines)
        return
    converted = []
    for line in invoice.lines:
        if line.is_goods and line.is_sold:
            converted.append(_converted(line, invoice=invoice, more={"sku": line.code}))
        elif line.is_goods:
            yield RefusedRow(line.source, NOT_SOLD)
        elif amount := _rounded(line.quantity * line.price):
            charge = {"sku": "", "charge": line.code, "description": line.description}
            charge |= {"quantity": "1", "unit_price": str(amount)}
            converted.append(_converted(line, invoice=invoice, more=charge))
        else:
            yield RefusedRow(line.source, NO_CHARGE)
    yield converted


def _rounded(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def _converted(line: Line, *, invoice: Invoice, more: dict[str, str]) -> ConvertedRow:
    values = {
        "order": invoice.number,
        "placed_at": invoice.at.isoformat(),
        "quantity": str(line.quantity),
        "unit_price": str(line.price),
        "customer": invoice.customer,
        "currency": CURRENCY,
        "country": invoice.country,
        **more,
    }
    return ConvertedRow(values=values, source=line.source)
