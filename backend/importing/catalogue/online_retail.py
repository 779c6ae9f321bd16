"""The goods in a year of invoices: what was sold, under its usual name, at the price of its latest sale."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from backend.api import money
from backend.catalog.bulk import ImportedProduct, ImportedVariant
from backend.importing.catalogue.row import LONGEST_TITLE, CatalogRow
from backend.importing.online_retail import CURRENCY, HEADER, Invoice, Line, invoices
from backend.importing.outcomes import Refused

__all__ = ["HEADER", "read"]

CATEGORY = ("Gifts",)

NOT_GOODS = "the stock code names no goods (they begin with five digits)"
NEVER_SOLD = "was never sold at a price, so it is kept off the lists"


@dataclass(slots=True)
class _Goods:
    """What the lines of one code say; the latest sale so far, and the latest return, by invoice time."""

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
        if line.is_paid and not invoice.is_cancellation:
            if self.sold_at is None or invoice.at >= self.sold_at:
                self.sold_at, self.price = invoice.at, line.price
        elif line.price > 0:
            self.return_price = line.price

    @property
    def title(self) -> str:
        """The most frequent description, the alphabetically first of several; without any, the code."""
        if not self.names:
            return self.first.code
        return min(self.names, key=lambda name: (-self.names[name], name))


def read(path: Path) -> Iterator[CatalogRow | Refused]:
    """Yield the lines that name no goods, then each product.

    What was never sold at a price is not listed: it costs what it was returned at, or nothing.
    """
    goods: dict[str, _Goods] = {}
    for invoice in invoices(path):
        if isinstance(invoice, Refused):
            yield invoice
            continue
        for line in invoice.lines:
            if not line.is_product:
                yield line.refused(NOT_GOODS)
                continue
            goods.setdefault(line.code, _Goods(line, invoice.at)).add(line, invoice=invoice)
    for code, known in goods.items():
        yield _row(code, known=known)


def _row(code: str, *, known: _Goods) -> CatalogRow:
    was_sold = known.sold_at is not None
    product = ImportedProduct(
        reference=code,
        title=known.title[:LONGEST_TITLE],
        category=CATEGORY,
        price=money.rounded(known.price if was_sold else known.return_price, currency=CURRENCY),
        currency=CURRENCY,
        is_active=was_sold,
        created_at=known.first_at,
        variants=(ImportedVariant(sku=code),),
    )
    return CatalogRow(
        product=product,
        line=known.first.number,
        row=known.first.row,
        rows=known.rows,
        remarks=() if was_sold else (NEVER_SOLD,),
    )
