"""The converter of Online Retail, a year of invoices, to products, orders and returns."""

from collections import Counter
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pandas as pd
import pytest

from backend.api.money import rounded
from backend.importing.orders import plain_csv
from backend.importing.orders.formats import orders_format
from backend.importing.orders.row import OrderRow, ReturnRow, SoldLine
from datasets import online_retail
from datasets.rows import EXACT_COPY
from tests.backend.importing.written import ONLINE_RETAIL, line, table
from tests.datasets.reading import catalogue, orders, products, reasons


def test_the_title_is_the_most_frequent_description(tmp_path: Path) -> None:
    found = products(
        catalogue(
            tmp_path,
            "online-retail",
            line("1", "85123a", description="LAMP OF BRASS"),
            line("2", "85123A", description="?"),
            line("3", "85123A", description="LAMP OF BRASS"),
            line("4", "22222", description="B", quantity=2),
            line("5", "22222", description="A", quantity=2),
            line("6", "33333", description=""),
        )
    )
    assert {code: row.product.title for code, row in found.items()} == {
        "85123A": "LAMP OF BRASS",
        "22222": "A",
        "33333": "33333",
    }


def test_the_price_is_that_of_the_latest_sale_and_not_of_a_later_return(tmp_path: Path) -> None:
    found = products(
        catalogue(
            tmp_path,
            "online-retail",
            line("2", "22222", price="3.00", date="2011-02-01 10:00:00"),
            line("1", "22222", price="2.00", date="2011-01-01 10:00:00"),
            line("C3", "22222", price="9.00", quantity=-1, date="2011-03-01 10:00:00"),
            line("4", "22222", price="0.00", date="2011-04-01 10:00:00"),
            line("5", "33333", price="0.00"),
        )
    )
    assert found["22222"].product.price == Decimal("3.00")
    assert found["22222"].product.is_active
    assert not found["33333"].product.is_active
    assert found["33333"].remarks == (online_retail.NEVER_SOLD,)


def test_every_row_has_an_outcome(tmp_path: Path) -> None:
    outcomes = catalogue(
        tmp_path,
        "online-retail",
        line("1", "22222"),
        line("1", "22222"),
        line("1", "POST"),
        line("2", "22222", quantity="many"),
        line("2", "22222", price="NaN"),
        line("2", "22222", date="yesterday"),
        line("2", "22222"),
    )
    assert sum(getattr(outcome, "rows", 1) for outcome in outcomes) == 7
    assert len(products(outcomes)) == 1
    assert reasons(outcomes)[0] == EXACT_COPY


def test_an_invoice_becomes_an_order_with_the_time_of_its_earliest_line_and_its_charges(
    tmp_path: Path,
) -> None:
    first = "2011-01-31 23:58:00"
    (order,), _, refused = orders(
        tmp_path,
        line("1", "22222", quantity=3, date="2011-01-31 23:59:00"),
        line("1", "84029g", price="0.05", date=first),
        line("1", "POST", price="18.00", date=first),
        line("1", "DOT", price="0.00", date=first),
    )
    assert refused == [online_retail.NO_CHARGE]
    assert order.placed_at == datetime(2011, 1, 31, 23, 58, tzinfo=UTC)
    assert order.lines == (
        SoldLine("22222", 3, Decimal("2.50")),
        SoldLine("84029G", 1, Decimal("0.05")),
    )
    assert [(charge.code, charge.amount) for charge in order.charges] == [("POST", Decimal("18.00"))]
    assert (order.customer, order.country, order.currency) == ("17850", "United Kingdom", "GBP")


def test_an_invoice_without_a_customer_becomes_a_guests_order(tmp_path: Path) -> None:
    (order,), _, _ = orders(tmp_path, line("1", "22222", customer=""))
    assert order.customer == ""


def test_a_line_of_a_cancellation_becomes_a_return_without_an_order(tmp_path: Path) -> None:
    found, returns, refused = orders(
        tmp_path,
        line("C1", "22222", quantity=-2, date="2011-02-01 09:00:00"),
        line("C1", "22222", quantity=-1, price="0.33", date="2011-02-01 09:00:00"),
        line("C1", "POST", quantity=-1),
        line("C1", "33333", quantity=1),
    )
    assert found == []
    assert [(one.reference, one.quantity, one.amount) for one in returns] == [
        ("C1:0", 2, Decimal("5.00")),
        ("C1:1", 1, Decimal("0.33")),
    ]
    assert refused == [online_retail.CHARGE_RETURNED, online_retail.NOT_RETURNED]


def test_lines_without_an_order_are_refused_with_reasons(tmp_path: Path) -> None:
    found, returns, refused = orders(
        tmp_path,
        line("1", "22222"),
        line("1", "22222"),
        line("1", "33333", quantity=-1),
        line("1", "M", price="0"),
        line("2", "POST"),
        line("2", "22222", price="0"),
        line("3", "22222", quantity="1.5"),
        line("3", "22222", price="£2"),
        line("3", "22222", date="1/12/10"),
    )
    assert len(found) == 1
    assert returns == []
    assert Counter(refused) == {
        EXACT_COPY: 1,
        online_retail.NOT_SOLD: 1,
        online_retail.NO_CHARGE: 1,
        online_retail.NOTHING_SOLD: 2,
        online_retail.NOT_A_QUANTITY: 1,
        online_retail.NOT_A_PRICE: 1,
        online_retail.NOT_A_TIME: 1,
    }


def test_lines_of_an_invoice_need_not_be_adjacent(tmp_path: Path) -> None:
    found, _, _ = orders(tmp_path, line("1", "22222"), line("2", "22222"), line("1", "22222", quantity=4))
    assert [(order.reference, len(order.lines)) for order in found] == [("1", 2), ("2", 1)]


@pytest.mark.parametrize(
    ("code", "changes", "reason"),
    [
        ("2" * 65, {}, plain_csv.BAD_REFERENCE),
        ("22222", {"customer": "1" * 65}, plain_csv.BAD_REFERENCE),
        ("22222", {"quantity": 1_000_001}, plain_csv.BAD_QUANTITY),
        ("22222", {"date": "1969-12-31 08:26:00"}, plain_csv.BAD_TIME),
        ("22222", {"quantity": 0, "price": "1e30"}, online_retail.HIGH_PRICE),
        ("22222", {"quantity": 2, "price": "9999999999"}, plain_csv.BAD_WORTH),
    ],
)
def test_values_out_of_range_are_refused(
    tmp_path: Path, code: str, changes: dict[str, object], reason: str
) -> None:
    assert orders(tmp_path, line("1", code, **changes)) == ([], [], [reason])


def test_skus_include_only_products(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", ONLINE_RETAIL, line("1", "85123a"), line("1", "POST"), line("1", "1234"))
    assert orders_format("online-retail", currency="USD").skus(path) == {"85123A"}


@pytest.mark.data
@pytest.mark.slow
def test_the_sales_of_the_published_file_equal_those_computed_with_pandas(data_dir: str) -> None:
    path = Path(data_dir) / "online_retail" / "online_retail.csv.xz"
    sales: Counter[str] = Counter()
    returns: Counter[str] = Counter()
    orders = items = 0
    for outcome in orders_format("online-retail", currency="USD").read(path):
        if isinstance(outcome, OrderRow):
            orders += 1
            items += len(outcome.lines)
            month = f"{outcome.placed_at:%Y-%m}"
            sales[month] += sum(
                int(100 * rounded(one.quantity * one.unit_price, currency="GBP")) for one in outcome.lines
            )
        elif isinstance(outcome, ReturnRow):
            returns[f"{outcome.occurred_at:%Y-%m}"] += int(100 * outcome.amount)
    assert (orders, items) == (19_773, 522_504)
    assert (sales["2010-12"], sales["2011-11"]) == (77_557_223, 145_211_269)
    expected_sales, expected_returns = _by_pandas(path)
    assert sales == expected_sales
    assert returns == expected_returns


def _by_pandas(path: Path) -> tuple[dict[str, int], dict[str, int]]:
    """Return the sales and the returns of the file in cents by month."""
    rows = pd.read_csv(path, dtype=str, keep_default_na=False).drop_duplicates()
    rows["month"] = rows.groupby("InvoiceNo")["InvoiceDate"].transform("min").str[:7]
    rows = rows[rows["StockCode"].str.match("^[0-9]{5}")]
    units = rows["Quantity"].astype(int)
    rows["cents"] = [
        int((abs(int(quantity)) * Decimal(price)).quantize(Decimal("0.01"), ROUND_HALF_UP) * 100)
        for quantity, price in zip(rows["Quantity"], rows["UnitPrice"], strict=True)
    ]
    cancelled = rows["InvoiceNo"].str.startswith("C")
    priced = rows["UnitPrice"].astype(float) > 0
    sold = rows[~cancelled & (units > 0) & priced]
    returned = rows[cancelled & (units < 0) & priced]
    return _by_month(sold), _by_month(returned)


def _by_month(rows: pd.DataFrame) -> dict[str, int]:
    return {str(month): int(cents) for month, cents in rows.groupby("month")["cents"].sum().items()}
