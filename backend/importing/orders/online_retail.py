"""The orders and returns in a year of invoices.

An order is an invoice with at least one line of goods sold at a price; other codes on it are charges. What a
cancellation takes back names no order, so each of its lines is a return of its own, at its own time.
"""

from collections.abc import Iterator
from pathlib import Path

from backend.api import money
from backend.importing.files import open_table
from backend.importing.online_retail import CURRENCY, HEADER, Invoice, Line, invoices, names_goods
from backend.importing.orders.row import OrderRow, Outcome, ReturnRow, SoldLine
from backend.importing.outcomes import Refused
from backend.orders.bulk import Charge

NOTHING_SOLD = "its invoice sells no goods"
NOT_SOLD = "goods without a quantity and a price above zero"
NO_CHARGE = "a charge of nothing"
CHARGE_RETURNED = "a charge on a cancellation, which has no order to put it on"
NOT_RETURNED = "goods on a cancellation without a quantity below and a price above zero"


def read(path: Path) -> Iterator[Outcome]:
    """Yield orders, returns and refused lines, invoice by invoice."""
    for invoice in invoices(path):
        if isinstance(invoice, Refused):
            yield invoice
        elif invoice.is_cancellation:
            yield from _returns(invoice)
        else:
            yield from _order(invoice)


def skus(path: Path) -> set[str]:
    """Return the codes of all goods in the file."""
    table = open_table(path, header=HEADER)
    (position,) = table.positions(("StockCode",))
    codes = {record.values[position] for record in table.records() if not isinstance(record, Refused)}
    return {code for code in map(str.upper, map(str.strip, codes)) if names_goods(code)}


def _returns(invoice: Invoice) -> Iterator[Outcome]:
    for number, line in enumerate(invoice.lines):
        if not line.is_product:
            yield line.refused(CHARGE_RETURNED)
        elif not line.is_returned:
            yield line.refused(NOT_RETURNED)
        else:
            yield ReturnRow(
                reference=f"{invoice.number}:{number}",
                occurred_at=invoice.at,
                currency=CURRENCY,
                customer=invoice.customer,
                sku=line.code,
                quantity=-line.quantity,
                amount=money.rounded(-line.quantity * line.price, currency=CURRENCY),
            )


def _order(invoice: Invoice) -> Iterator[Outcome]:
    sold = [line for line in invoice.lines if line.is_product and line.is_paid]
    if not sold:
        yield from (line.refused(NOTHING_SOLD) for line in invoice.lines)
        return
    charges = []
    for line in invoice.lines:
        if not line.is_product and line.quantity * line.price:
            charges.append(_charge(line))
        elif not line.is_product:
            yield line.refused(NO_CHARGE)
        elif not line.is_paid:
            yield line.refused(NOT_SOLD)
    yield OrderRow(
        reference=invoice.number,
        placed_at=invoice.at,
        currency=CURRENCY,
        customer=invoice.customer,
        country=invoice.country,
        lines=tuple(SoldLine(line.code, line.quantity, line.price) for line in sold),
        charges=tuple(charges),
        rows=len(sold) + len(charges),
    )


def _charge(line: Line) -> Charge:
    return Charge(
        code=line.code,
        description=line.description,
        amount=money.rounded(line.quantity * line.price, currency=CURRENCY),
    )
