"""The monthly sales of the public data set Online Retail, computed with only the standard library."""

import csv
import lzma
import re
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

CENT = Decimal("0.01")
PRODUCT = re.compile(r"\d{5}")


def months(path: Path) -> list[dict[str, Any]]:
    """Return the rows of the sales report for each month with a sale or a return."""
    rows = _rows(path)
    placed_at: dict[str, str] = {}
    for row in rows:
        invoice, at = row["InvoiceNo"], row["InvoiceDate"]
        placed_at[invoice] = min(at, placed_at.get(invoice, at))
    units: defaultdict[str, int] = defaultdict(int)
    gross: defaultdict[str, Decimal] = defaultdict(Decimal)
    returns: defaultdict[str, Decimal] = defaultdict(Decimal)
    orders: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows:
        invoice, quantity, price = row["InvoiceNo"], int(row["Quantity"]), Decimal(row["UnitPrice"])
        if price <= 0 or not PRODUCT.match(row["StockCode"]):
            continue
        month = placed_at[invoice][:7]
        line = (abs(quantity) * price).quantize(CENT, ROUND_HALF_UP)
        if invoice.startswith("C") and quantity < 0:
            returns[month] += line
        elif not invoice.startswith("C") and quantity > 0:
            units[month] += quantity
            gross[month] += line
            orders[month].add(invoice)
    return [
        {
            "period": month,
            "units": units[month],
            "gross": gross[month],
            "returns": returns[month],
            "net": gross[month] - returns[month],
            "orders": len(orders[month]),
        }
        for month in sorted(gross.keys() | returns.keys())
    ]


def _rows(path: Path) -> list[dict[str, str]]:
    with lzma.open(path, "rt", encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        # Exact duplicates of rows are errors in the file.
        distinct = dict.fromkeys(tuple(row.items()) for row in reader)
    return [dict(row) for row in distinct]
