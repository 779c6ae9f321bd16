"""The sales of the public data set online-retail by month, computed with the standard library alone."""

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
    """Return period, units, gross, returns, net and orders of each month that has a sale or a return."""
    rows = _rows(path)
    begun: dict[str, str] = {}
    for row in rows:
        invoice, at = row["InvoiceNo"], row["InvoiceDate"]
        begun[invoice] = min(at, begun.get(invoice, at))
    units: defaultdict[str, int] = defaultdict(int)
    gross: defaultdict[str, Decimal] = defaultdict(Decimal)
    returns: defaultdict[str, Decimal] = defaultdict(Decimal)
    orders: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows:
        invoice, quantity, price = row["InvoiceNo"], int(row["Quantity"]), Decimal(row["UnitPrice"])
        if price <= 0 or not PRODUCT.match(row["StockCode"]):
            continue
        month = begun[invoice][:7]
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
        # A row that repeats another one exactly is a mistake in the file.
        distinct = dict.fromkeys(tuple(row.items()) for row in reader)
    return [dict(row) for row in distinct]
