from collections import Counter
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pandas as pd
import pytest

from backend.api.money import rounded
from backend.importing.online_retail import (
    BAD_NUMBER,
    HIGH_WORTH,
    NOT_A_PRICE,
    NOT_A_QUANTITY,
    NOT_A_TIME,
)
from backend.importing.orders import online_retail, plain_csv
from backend.importing.orders.row import OrderRow, Outcome, ReturnRow, SoldLine
from backend.importing.outcomes import EXACT_COPY, Refused
from backend.importing.values import BAD_CURRENCY
from backend.importing.values import NOT_A_PRICE as NOT_A_UNIT_PRICE
from tests.backend.importing.written import ONLINE_RETAIL, line, table

CSV = "order,placed_at,sku,quantity,unit_price,customer"


def split(outcomes: list[Outcome]) -> tuple[list[OrderRow], list[ReturnRow], list[str]]:
    return (
        [outcome for outcome in outcomes if isinstance(outcome, OrderRow)],
        [outcome for outcome in outcomes if isinstance(outcome, ReturnRow)],
        [outcome.reason for outcome in outcomes if isinstance(outcome, Refused)],
    )


PRECISE_EUR = "unit_price: An amount in EUR has at most 2 decimal places."


class TestOnlineRetail:
    def read(self, path: Path, *rows: list[object]) -> tuple[list[OrderRow], list[ReturnRow], list[str]]:
        return split(list(online_retail.read(table(path / "a.csv", ONLINE_RETAIL, *rows))))

    def test_an_invoice_is_an_order_at_its_earliest_line_with_other_codes_as_charges(
        self, tmp_path: Path
    ) -> None:
        first = "2011-01-31 23:58:00"
        (order,), _, refused = self.read(
            tmp_path,
            line("1", "22222", quantity=3, date="2011-01-31 23:59:00"),
            line("1", "84029g", price="0.005", date=first),
            line("1", "POST", price="18.00", date=first),
            line("1", "DOT", price="0.00", date=first),
        )
        assert refused == [online_retail.NO_CHARGE]
        assert order.placed_at == datetime(2011, 1, 31, 23, 58, tzinfo=UTC)
        assert order.lines == (
            SoldLine("22222", 3, Decimal("2.50")),
            SoldLine("84029G", 1, Decimal("0.005")),
        )
        assert [(charge.code, charge.amount) for charge in order.charges] == [("POST", Decimal("18.00"))]
        assert (order.customer, order.country, order.currency) == ("17850", "United Kingdom", "GBP")

    def test_no_customer_is_a_guest(self, tmp_path: Path) -> None:
        (order,), _, _ = self.read(tmp_path, line("1", "22222", customer=""))
        assert order.customer == ""

    def test_a_line_of_a_cancellation_is_a_return_without_an_order(self, tmp_path: Path) -> None:
        orders, returns, refused = self.read(
            tmp_path,
            line("C1", "22222", quantity=-2, date="2011-02-01 09:00:00"),
            line("C1", "22222", quantity=-1, price="0.33", date="2011-02-01 09:00:00"),
            line("C1", "POST", quantity=-1),
            line("C1", "33333", quantity=1),
        )
        assert orders == []
        assert [(one.reference, one.quantity, one.amount) for one in returns] == [
            ("C1:0", 2, Decimal("5.00")),
            ("C1:1", 1, Decimal("0.33")),
        ]
        assert refused == [online_retail.CHARGE_RETURNED, online_retail.NOT_RETURNED]

    def test_what_makes_no_order_is_refused_by_reason(self, tmp_path: Path) -> None:
        orders, returns, refused = self.read(
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
        assert len(orders) == 1
        assert returns == []
        assert Counter(refused) == {
            EXACT_COPY: 1,
            online_retail.NOT_SOLD: 1,
            online_retail.NO_CHARGE: 1,
            online_retail.NOTHING_SOLD: 2,
            NOT_A_QUANTITY: 1,
            NOT_A_PRICE: 1,
            NOT_A_TIME: 1,
        }

    def test_lines_of_an_invoice_that_stand_apart_are_one_order(self, tmp_path: Path) -> None:
        orders, _, _ = self.read(
            tmp_path, line("1", "22222"), line("2", "22222"), line("1", "22222", quantity=4)
        )
        assert [(order.reference, len(order.lines)) for order in orders] == [("1", 2), ("2", 1)]

    @pytest.mark.parametrize(
        ("code", "changes", "reason"),
        [
            ("2" * 65, {}, BAD_NUMBER),
            ("22222", {"customer": "1" * 65}, BAD_NUMBER),
            ("22222", {"quantity": -1_000_001}, NOT_A_QUANTITY),
            ("22222", {"date": "1969-12-31 08:26:00"}, NOT_A_TIME),
            ("22222", {"quantity": 0, "price": "1e30"}, HIGH_WORTH),
            ("22222", {"quantity": 2, "price": "-9999999999"}, HIGH_WORTH),
        ],
    )
    def test_what_the_books_can_not_hold_is_refused(
        self, tmp_path: Path, code: str, changes: dict[str, object], reason: str
    ) -> None:
        assert self.read(tmp_path, line("1", code, **changes)) == ([], [], [reason])

    def test_skus_are_the_goods_alone(self, tmp_path: Path) -> None:
        path = table(
            tmp_path / "a.csv", ONLINE_RETAIL, line("1", "85123a"), line("1", "POST"), line("1", "1234")
        )
        assert online_retail.skus(path) == {"85123A"}


PRECISE_EUR = "unit_price: An amount in EUR has at most 2 decimal places."


class TestPlainCsv:
    def read(self, path: Path, *rows: list[object]) -> tuple[list[OrderRow], list[ReturnRow], list[str]]:
        return split(list(plain_csv.read(table(path / "a.csv", CSV, *rows), currency="EUR")))

    def test_rows_of_one_order_are_one_order_and_negative_ones_are_returns(self, tmp_path: Path) -> None:
        (order,), (back,), refused = self.read(
            tmp_path,
            ["A1", "2024-01-31T16:05:00+02:00", "L-1", "2", "10.00", "anna"],
            ["A1", "2024-01-31 14:06:00", "L-2", "1", "5.00", "anna"],
            ["A1", "2024-02-03 10:00:00", "L-1", "-1", "10.00", "anna"],
        )
        assert refused == []
        assert order.placed_at == datetime(2024, 1, 31, 14, 5, tzinfo=UTC)
        assert (order.reference, order.customer, order.currency, len(order.lines)) == ("A1", "anna", "EUR", 2)
        assert (back.reference, back.occurred_at.month, back.amount) == ("A1:2", 2, Decimal("10.00"))

    def test_a_row_in_another_currency_is_no_part_of_the_order(self, tmp_path: Path) -> None:
        path = table(
            tmp_path / "a.csv",
            f"{CSV},currency",
            ["A1", "2024-01-31", "L-1", "2", "10.00", "anna", "EUR"],
            ["A1", "2024-01-31", "L-2", "1", "5.00", "anna", "USD"],
        )
        (order,), _, refused = split(list(plain_csv.read(path, currency="EUR")))
        assert ([one.sku for one in order.lines], order.rows) == (["L-1"], 1)
        assert refused == [plain_csv.OTHER_CURRENCY]

    def test_an_unknown_currency_refuses_its_row(self, tmp_path: Path) -> None:
        path = table(
            tmp_path / "a.csv",
            "order,placed_at,sku,quantity,unit_price,currency",
            ["A1", "2024-01-31", "L-1", "1", "10.00", "ZZZ"],
            ["A2", "2024-01-31", "L-1", "1", "333.5", "JPY"],
            ["A3", "2024-01-31", "L-1", "1", "1.005", "KWD"],
        )
        orders, _, refused = split(list(plain_csv.read(path, currency="EUR")))
        assert [order.currency for order in orders] == ["KWD"]
        assert refused == [BAD_CURRENCY, "unit_price: An amount in JPY has no decimal places."]

    @pytest.mark.parametrize(
        ("row", "reason"),
        [
            (["", "2024-01-31", "L", "1", "1", ""], plain_csv.BAD_REFERENCE),
            (["A", "31.1.2024", "L", "1", "1", ""], plain_csv.BAD_TIME),
            (["A", "1960-01-31", "L", "1", "1", ""], plain_csv.BAD_TIME),
            (["A", "0001-01-01T00:00+14:00", "L", "1", "1", ""], plain_csv.BAD_TIME),
            (["A", "2201-01-31", "L", "1", "1", ""], plain_csv.BAD_TIME),
            (["A", "2024-01-31", "L", "0", "1", ""], plain_csv.BAD_QUANTITY),
            (["A", "2024-01-31", "L", "-1000001", "1", ""], plain_csv.BAD_QUANTITY),
            (["A", "2024-01-31", "L", "2", "9999999999.99", ""], plain_csv.BAD_WORTH),
            (["A", "2024-01-31", "L", "1", "-1", ""], f"unit_price {NOT_A_UNIT_PRICE}"),
            (["A", "2024-01-31", "L", "1", "sNaN", ""], f"unit_price {NOT_A_UNIT_PRICE}"),
            (["A", "2024-01-31", "L", "1", "1.005", ""], PRECISE_EUR),
        ],
    )
    def test_a_value_that_can_not_be_taken_refuses_its_row(
        self, tmp_path: Path, row: list[object], reason: str
    ) -> None:
        assert self.read(tmp_path, row)[2] == [reason]


@pytest.mark.data
@pytest.mark.slow
def test_a_real_year_gives_what_pandas_gives_to_the_cent(data_dir: str) -> None:
    path = Path(data_dir) / "online_retail" / "online_retail.csv.xz"
    sales: Counter[str] = Counter()
    returns: Counter[str] = Counter()
    orders = items = 0
    for outcome in online_retail.read(path):
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
    """Return cents by month, from the file alone."""
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
    back = rows[cancelled & (units < 0) & priced]
    return _by_month(sold), _by_month(back)


def _by_month(rows: pd.DataFrame) -> dict[str, int]:
    return {str(month): int(cents) for month, cents in rows.groupby("month")["cents"].sum().items()}
