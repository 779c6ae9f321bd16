"""A purchase order as a CSV file for its supplier."""

import csv
import io

from backend.api import money
from backend.purchasing.models import PurchaseOrder, PurchaseOrderLine
from csv_cells.formulas import escaped

COLUMNS = ("order", "sku", "supplier_sku", "product", "variant", "quantity", "unit_cost", "currency")


def as_csv(order: PurchaseOrder) -> str:
    """Return the lines of the purchase order as CSV with a header."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for line in order.lines.all():
        writer.writerow([escaped(value) for value in _row(order, line)])
    return text.getvalue()


def _row(order: PurchaseOrder, line: PurchaseOrderLine) -> tuple[str, ...]:
    product = line.variant.product
    cost = "" if line.unit_cost is None else money.written(line.unit_cost, currency=product.currency)
    return (
        order.number,
        line.variant.sku,
        line.supplier_sku,
        product.title,
        line.variant.name,
        str(line.quantity),
        cost,
        product.currency if cost else "",
    )
