"""Reading catalogues in our CSV format."""

import tracemalloc
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from backend.importing.catalogue import offers, plain_csv
from backend.importing.catalogue.products import OTHER_CURRENCY, OTHERS_REFUSED
from backend.importing.catalogue.row import IMPORTED, CatalogRow, Reading
from backend.importing.outcomes import Refused
from backend.importing.values import BAD_CURRENCY, NOT_A_PRICE
from tests.backend.importing.written import table


def products(outcomes: object) -> dict[str, CatalogRow]:
    return {row.product.reference: row for row in outcomes if isinstance(row, CatalogRow)}  # type: ignore[attr-defined]


def reasons(outcomes: object) -> list[str]:
    refused: list[Refused] = []
    for row in outcomes:  # type: ignore[attr-defined]
        refused += [row] if isinstance(row, Refused) else row.refused
    return [row.reason for row in refused]


class TestPlainCsv:
    def read(self, path: Path, header: str, *rows: list[object]) -> list[CatalogRow | Refused]:
        file = table(path / "a.csv", header, *rows)
        reading = plain_csv.resolve(file, reading=Reading(currency="EUR"))
        return list(plain_csv.read(file, reading=reading))

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
        assert reasons(outcomes) == [OTHER_CURRENCY]

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
            ("price", "1.0005", "price: An amount in EUR has at most 2 decimal places."),
            ("price", "Infinity", f"price {NOT_A_PRICE}"),
            ("price", "1_000", f"price {NOT_A_PRICE}"),
            ("price", "+5", f"price {NOT_A_PRICE}"),
            ("price", "\uff15", f"price {NOT_A_PRICE}"),
            ("price", "1e3", f"price {NOT_A_PRICE}"),
            ("rating", "\uff15", offers.BAD_RATING),
            ("title", "", offers.BAD_TITLE),
            ("sku", "x" * 65, offers.BAD_REFERENCE),
            ("currency", "euro", BAD_CURRENCY),
            ("currency", "ZZZ", BAD_CURRENCY),
            ("currency", "XAU", BAD_CURRENCY),
            ("stock", "-3", offers.BAD_COUNT),
            ("rating", "5.5", offers.BAD_RATING),
            ("discount_percentage", "101", offers.BAD_DISCOUNT),
            ("image_urls", "ftp://example.org/a.jpg", offers.BAD_URL),
            ("category", "Home > > Lamps", offers.BAD_CATEGORY),
            ("is_active", "maybe", offers.BAD_FLAG),
            ("created_at", "yesterday", offers.BAD_TIME),
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

    def test_rows_of_a_product_need_not_be_adjacent(self, tmp_path: Path) -> None:
        header = "sku,title,price,product,attr:Size"
        outcomes = self.read(
            tmp_path, header, ["A-S", "A", "1", "a", "S"], ["B", "B", "2", "", ""], ["A-M", "", "3", "a", "M"]
        )
        found = products(outcomes)
        assert list(found) == ["a", "B"]
        assert [(v.sku, v.name) for v in found["a"].product.variants] == [("A-S", "S"), ("A-M", "M")]

    def test_each_variant_keeps_its_own_discount(self, tmp_path: Path) -> None:
        header = "sku,title,price,product,discount_percentage"
        (shirt,) = products(
            self.read(
                tmp_path, header,
                ["S", "Shirt", "20", "s", "10"], ["M", "", "20", "s", ""], ["L", "", "20", "s", "25%"],
                ["XL", "", "20", "s", "0"],
            )
        ).values()  # fmt: skip
        assert shirt.product.discount_percentage == 10
        assert [v.discount_percentage for v in shirt.product.variants] == [None, None, 25, 0]

    def test_a_product_with_a_refused_row_is_partial_and_keeps_its_other_rows_as_context(
        self, tmp_path: Path
    ) -> None:
        header = "sku,title,price,product"
        (shirt,) = products(
            self.read(tmp_path, header, ["S", "Shirt", "20", "s"], ["M", "", "free", "s"])
        ).values()
        assert shirt.is_partial
        assert [(row.line, row.row) for row in shirt.refused] == [(3, ("M", "", "free", "s"))]
        assert [(row.line, row.reason) for row in shirt.context] == [(2, IMPORTED)]

    def test_a_product_whose_first_row_is_refused_is_refused_as_a_whole(self, tmp_path: Path) -> None:
        outcomes = self.read(
            tmp_path, "sku,title,price,product", ["S", "Shirt", "free", "s"], ["M", "", "20", "s"]
        )
        assert reasons(outcomes) == [f"price {NOT_A_PRICE}", OTHERS_REFUSED]
        assert not products(outcomes)

    def test_an_unreadable_row_makes_all_products_partial(self, tmp_path: Path) -> None:
        (shirt,) = products(
            self.read(tmp_path, "sku,title,price", ["S", "Shirt", "20"], ["M", "Shirt", "20", "20"])
        ).values()
        assert shirt.is_partial
        assert not shirt.context

    def test_a_stock_count_has_its_time(self, tmp_path: Path) -> None:
        (row,) = self.read(
            tmp_path, "sku,title,price,stock,stock_at", ["1", "A", "1", "5.0", "2026-01-31T16:05:00+01:00"]
        )
        assert isinstance(row, CatalogRow)
        assert row.stock == {"1": 5}
        assert row.stock_at == {"1": datetime(2026, 1, 31, 15, 5, tzinfo=UTC)}

    @pytest.mark.parametrize("between", [" ", ", ", ",", "\n", " | ", ";"])
    def test_image_urls_can_be_separated_in_several_ways(self, tmp_path: Path, between: str) -> None:
        urls = ["https://example.org/a,b.jpg", "http://example.org/c.jpg"]
        (row,) = self.read(tmp_path, "sku,title,price,image_urls", ["1", "A", "1", between.join(urls)])
        assert isinstance(row, CatalogRow)
        assert list(row.product.image_urls) == urls

    def test_the_memory_does_not_grow_with_the_file(self, tmp_path: Path) -> None:
        def peak(products_in_file: int) -> int:
            path = tmp_path / "a.csv"
            with path.open("w") as file:
                file.write("sku,title,price,product,description\n")
                for size in "SML":
                    file.writelines(
                        f"{n}-{size},Shirt {n},20.00,{n},{'soft ' * 20}\n" for n in range(products_in_file)
                    )
            reading = Reading(currency="EUR", mark=".")
            tracemalloc.start()
            rows = sum(1 for _ in plain_csv.read(path, reading=reading))
            _, highest = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert rows == products_in_file
            return highest

        assert peak(4_000) < 1.2 * peak(1_000)
