from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from backend.importing.catalogue import plain_csv
from backend.importing.catalogue.row import CatalogRow
from backend.importing.outcomes import Refused
from backend.importing.values import BAD_CURRENCY, NOT_A_PRICE, NOT_A_REFERENCE
from tests.backend.importing.written import table


def products(outcomes: object) -> dict[str, CatalogRow]:
    return {row.product.reference: row for row in outcomes if isinstance(row, CatalogRow)}  # type: ignore[attr-defined]


def reasons(outcomes: object) -> list[str]:
    return [row.reason for row in outcomes if isinstance(row, Refused)]  # type: ignore[attr-defined]


class TestPlainCsv:
    def read(self, path: Path, header: str, *rows: list[object]) -> list[CatalogRow | Refused]:
        return list(plain_csv.read(table(path / "a.csv", header, *rows), currency="EUR"))

    def test_only_three_columns_are_required(self, tmp_path: Path) -> None:
        (row,) = self.read(tmp_path, "sku,title,price", ["L-1", "Lamp", "12.5"])
        assert isinstance(row, CatalogRow)
        assert (row.product.reference, row.product.price, row.product.currency) == (
            "L-1",
            Decimal("12.5"),
            "EUR",
        )
        assert row.product.category == ("Uncategorised",)
        assert row.stock == {}

    def test_a_row_in_another_currency_is_refused(self, tmp_path: Path) -> None:
        outcomes = self.read(
            tmp_path,
            "sku,title,price,product,currency",
            ["S-M", "Shirt", "20.00", "shirt", "EUR"],
            ["S-L", "Shirt", "15.00", "shirt", "USD"],
        )
        (shirt,) = products(outcomes).values()
        assert (shirt.product.price, shirt.rows, len(shirt.product.variants)) == (Decimal(20), 1, 1)
        assert reasons(outcomes) == [plain_csv.OTHER_CURRENCY]

    def test_rows_with_the_same_product_become_its_variants(self, tmp_path: Path) -> None:
        header = "sku,title,price,product,stock,attr:Colour,attr:Material,category"
        shirt, lamp = products(
            self.read(
                tmp_path,
                header,
                ["S-M", "Shirt", "20.00", "shirt", "5", "Red", "Cotton", "Clothing > Shirts"],
                ["L-1", "Lamp", "9.00", "", "", "", "", ""],
                ["S-L", "ignored", "22.50", "shirt", "0", "Blue", "Cotton", ""],
            )
        ).values()
        assert shirt.product.title == "Shirt"
        assert shirt.product.category == ("Clothing", "Shirts")
        assert shirt.product.attributes == {"Material": "Cotton"}
        assert [(v.sku, v.name, v.price_modifier, v.attributes) for v in shirt.product.variants] == [
            ("S-M", "Red", Decimal("0.00"), {"Colour": "Red"}),
            ("S-L", "Blue", Decimal("2.50"), {"Colour": "Blue"}),
        ]
        assert shirt.stock == {"S-M": 5, "S-L": 0}
        assert lamp.product.reference == "L-1"

    @pytest.mark.parametrize(
        ("column", "value", "reason"),
        [
            ("price", "-1", f"price {NOT_A_PRICE}"),
            ("price", "1.005", "price: An amount in EUR has at most 2 decimal places."),
            ("price", "Infinity", f"price {NOT_A_PRICE}"),
            ("price", "12,50", f"price {NOT_A_PRICE}"),
            ("price", "1_000", f"price {NOT_A_PRICE}"),
            ("price", "+5", f"price {NOT_A_PRICE}"),
            ("price", "\uff15", f"price {NOT_A_PRICE}"),
            ("price", "1e3", f"price {NOT_A_PRICE}"),
            ("rating", "\uff15", plain_csv.BAD_RATING),
            ("sku", '=HYPERLINK("http://x")', f"sku {NOT_A_REFERENCE}"),
            ("sku", "@x", f"sku {NOT_A_REFERENCE}"),
            ("title", "", plain_csv.BAD_TITLE),
            ("sku", "x" * 65, plain_csv.BAD_REFERENCE),
            ("currency", "euro", BAD_CURRENCY),
            ("currency", "ZZZ", BAD_CURRENCY),
            ("currency", "XAU", BAD_CURRENCY),
            ("stock", "-3", plain_csv.BAD_COUNT),
            ("rating", "5.5", plain_csv.BAD_RATING),
            ("discount_percentage", "101", plain_csv.BAD_DISCOUNT),
            ("image_urls", "ftp://example.org/a.jpg", plain_csv.BAD_URL),
            ("category", "Home > > Lamps", plain_csv.BAD_CATEGORY),
            ("is_active", "maybe", plain_csv.BAD_FLAG),
            ("created_at", "yesterday", plain_csv.BAD_TIME),
        ],
    )
    def test_an_invalid_value_refuses_its_row(
        self, tmp_path: Path, column: str, value: str, reason: str
    ) -> None:
        values = {"sku": "1", "title": "Lamp", "price": "1", column: value}
        outcomes = self.read(tmp_path, ",".join(values), list(values.values()))
        assert reasons(outcomes) == [reason]

    def test_a_product_can_be_created_in_the_past_and_without_being_listed(self, tmp_path: Path) -> None:
        header = "sku,title,price,is_active,created_at"
        (row,) = self.read(tmp_path, header, ["1", "Lamp", "1", "false", "2024-01-31T16:05:00+02:00"])
        assert isinstance(row, CatalogRow)
        assert row.product.is_active is False
        assert row.product.created_at == datetime(2024, 1, 31, 14, 5, tzinfo=UTC)

    def test_a_duplicate_sku_is_refused(self, tmp_path: Path) -> None:
        outcomes = self.read(tmp_path, "sku,title,price", ["1", "a", "1"], ["1", "b", "2"])
        assert reasons(outcomes) == [plain_csv.GIVEN_BEFORE]
