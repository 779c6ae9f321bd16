"""Reading orders in our CSV format."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from backend.importing.orders import plain_csv
from backend.importing.orders.row import OrderRow, Outcome, ReturnRow
from backend.importing.outcomes import Refused
from backend.importing.values import BAD_CURRENCY, NOT_A_PRICE
from tests.backend.importing.written import table

CSV = "order,placed_at,sku,quantity,unit_price,customer"

PRECISE_EUR = "unit_price: An amount in EUR has at most 2 decimal places."


def split(outcomes: list[Outcome]) -> tuple[list[OrderRow], list[ReturnRow], list[str]]:
    return (
        [outcome for outcome in outcomes if isinstance(outcome, OrderRow)],
        [outcome for outcome in outcomes if isinstance(outcome, ReturnRow)],
        [outcome.reason for outcome in outcomes if isinstance(outcome, Refused)],
    )


class TestPlainCsv:
    def read(self, path: Path, *rows: list[object]) -> tuple[list[OrderRow], list[ReturnRow], list[str]]:
        return split(list(plain_csv.read(table(path / "a.csv", CSV, *rows), currency="EUR")))

    def test_rows_of_one_order_are_grouped_and_negative_quantities_become_returns(
        self, tmp_path: Path
    ) -> None:
        (order,), (returned,), refused = self.read(
            tmp_path,
            ["A1", "2024-01-31T16:05:00+02:00", "L-1", "2", "10.00", "anna"],
            ["A1", "2024-01-31 14:06:00", "L-2", "1", "5.00", "anna"],
            ["A1", "2024-02-03 10:00:00", "L-1", "-1", "10.00", "anna"],
        )
        assert refused == []
        assert order.placed_at == datetime(2024, 1, 31, 14, 5, tzinfo=UTC)
        assert (order.reference, order.customer, order.currency, len(order.lines)) == ("A1", "anna", "EUR", 2)
        assert (returned.reference, returned.occurred_at.month, returned.amount) == (
            "A1:2",
            2,
            Decimal("10.00"),
        )

    def test_a_row_in_another_currency_than_its_order_is_refused(self, tmp_path: Path) -> None:
        path = table(
            tmp_path / "a.csv",
            f"{CSV},currency",
            ["A1", "2024-01-31", "L-1", "2", "10.00", "anna", "EUR"],
            ["A1", "2024-01-31", "L-2", "1", "5.00", "anna", "USD"],
        )
        (order,), _, refused = split(list(plain_csv.read(path, currency="EUR")))
        assert ([one.sku for one in order.lines], order.rows) == (["L-1"], 1)
        assert refused == [plain_csv.OTHER_CURRENCY]

    def test_a_row_with_a_charge_instead_of_a_product_is_a_charge_of_the_order(self, tmp_path: Path) -> None:
        path = table(
            tmp_path / "a.csv",
            "order,placed_at,sku,quantity,unit_price,charge,description",
            ["A1", "2024-01-31", "L-1", "2", "10.00", "", ""],
            ["A1", "2024-01-31", "", "1", "4.90", "POST", "Postage"],
            ["A1", "2024-01-31", "", "-1", "2.50", "DISCOUNT", ""],
            ["A1", "2024-01-31", "", "2", "-0.01", "ROUNDING", ""],
            ["A2", "2024-01-31", "", "1", "4.90", "POST", ""],
        )
        (order,), returns, refused = split(list(plain_csv.read(path, currency="EUR")))
        assert [(charge.code, charge.description, charge.amount) for charge in order.charges] == [
            ("POST", "Postage", Decimal("4.90")),
            ("DISCOUNT", "", Decimal("-2.50")),
            ("ROUNDING", "", Decimal("-0.02")),
        ]
        assert (order.rows, returns, refused) == (4, [], [plain_csv.NOTHING_SOLD])

    def test_a_return_has_the_reference_in_the_file(self, tmp_path: Path) -> None:
        path = table(
            tmp_path / "a.csv",
            "order,placed_at,sku,quantity,unit_price,return",
            ["A1", "2024-01-31", "L-1", "-2", "10.00", "R-17"],
        )
        _, (returned,), _ = split(list(plain_csv.read(path, currency="EUR")))
        assert returned.reference == "R-17"

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
            (["A", "2024-01-31", "L", "1", "-1", ""], f"unit_price {NOT_A_PRICE}"),
            (["A", "2024-01-31", "L", "1", "sNaN", ""], f"unit_price {NOT_A_PRICE}"),
            (["A", "2024-01-31", "L", "1", "1.005", ""], PRECISE_EUR),
            (["A", "2024-01-31", "", "1", "1", ""], plain_csv.BAD_REFERENCE),
        ],
    )
    def test_an_invalid_value_refuses_its_row(self, tmp_path: Path, row: list[object], reason: str) -> None:
        assert self.read(tmp_path, row)[2] == [reason]
