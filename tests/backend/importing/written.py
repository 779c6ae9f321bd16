"""Helpers that write files to import."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

ONLINE_RETAIL = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
CROWDFLOWER = "product_id,title,description"
AMAZON = "name,main_category,sub_category,image,link,ratings,no_of_ratings,discount_price,actual_price"


def table(path: Path, header: str, *rows: Sequence[object]) -> Path:
    """Write the header and the rows to `path` as CSV; return the path."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header.split(","))
    writer.writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8")
    return path


def line(invoice: str, code: str, **changes: object) -> list[object]:
    """Return a row of an invoice: one unit at 2.50 for customer 17850."""
    values = {
        "description": "WHITE LANTERN",
        "quantity": 1,
        "date": "2010-12-01 08:26:00",
        "price": "2.50",
        "customer": "17850",
        "country": "United Kingdom",
        **changes,
    }
    described = [values[name] for name in ("description", "quantity", "date", "price", "customer", "country")]
    return [invoice, code, *described]


def listing(name: str, *, asin: str = "B000000001", **changes: object) -> list[object]:
    """Return a row of a listing from amazon.in."""
    values = {
        "main": "appliances",
        "sub": "Kettles",
        "rating": "4.2",
        "count": "2,255",
        "sale": "₹1,299",
        "price": "₹1,999",
        **changes,
    }
    link = changes.get("link", f"https://www.amazon.in/a-kettle/dp/{asin}/ref=sr_1_4?qid=1")
    return [
        name,
        values["main"],
        values["sub"],
        "https://example.org/a.jpg",
        link,
        values["rating"],
        values["count"],
        values["sale"],
        values["price"],
    ]
