from decimal import Decimal
from pathlib import Path

import pytest

from backend.catalog.pricing import sale_price
from backend.importing.catalogue import amazon_in, crowdflower, online_retail, plain_csv
from backend.importing.catalogue.row import CatalogRow
from backend.importing.files import count_rows
from backend.importing.outcomes import EXACT_COPY, Refused
from backend.importing.values import BAD_CURRENCY, NOT_A_PRICE
from tests.backend.importing.written import AMAZON, ONLINE_RETAIL, line, listing, table


def products(outcomes: object) -> dict[str, CatalogRow]:
    return {row.product.reference: row for row in outcomes if isinstance(row, CatalogRow)}  # type: ignore[attr-defined]


def reasons(outcomes: object) -> list[str]:
    return [row.reason for row in outcomes if isinstance(row, Refused)]  # type: ignore[attr-defined]


class TestAmazonIn:
    def read(self, path: Path, *rows: list[object]) -> list[CatalogRow | Refused]:
        return list(amazon_in.read(table(path / "a.csv", AMAZON, *rows)))

    def test_list_and_sale_price_are_both_kept_to_the_paisa(self, tmp_path: Path) -> None:
        prices = [("₹32,999", "₹58,990"), ("₹149.50", "₹1,00,000.01"), ("", "₹999")]
        outcomes = self.read(
            tmp_path,
            *(
                listing("A kettle", asin=f"B00000000{number}", sale=sale, price=price)
                for number, (sale, price) in enumerate(prices)
            ),
        )
        paid = [
            (
                row.product.price,
                sale_price(
                    row.product.price,
                    discount_percentage=row.product.discount_percentage,
                    currency=row.product.currency,
                ),
            )
            for row in products(outcomes).values()
        ]
        assert paid == [
            (Decimal(58_990), Decimal(32_999)),
            (Decimal("100000.01"), Decimal("149.50")),
            (Decimal(999), Decimal(999)),
        ]

    def test_a_product_in_several_sub_categories_is_taken_once_from_the_most_specific(
        self, tmp_path: Path
    ) -> None:
        outcomes = self.read(
            tmp_path,
            listing("A kettle", sub="All Appliances"),
            listing("A kettle", sub="All Appliances"),
            listing("A kettle", sub="Kettles"),
            listing("A toaster", asin="B000000002", sub="All Appliances"),
        )
        assert {key: row.product.category for key, row in products(outcomes).items()} == {
            "B000000001": ("Appliances", "Kettles"),
            "B000000002": ("Appliances", "All Appliances"),
        }
        assert reasons(outcomes) == [amazon_in.LISTED_AGAIN, EXACT_COPY]

    def test_a_rating_that_is_no_number_is_left_out_and_said(self, tmp_path: Path) -> None:
        odd, bad_count, none, good = products(
            self.read(
                tmp_path,
                listing("a", asin="B000000001", rating="Get", count="FREE Delivery"),
                listing("b", asin="B000000002", count="Only 2 left in stock."),
                listing("c", asin="B000000003", rating="", count=""),
                listing("d", asin="B000000004", count="14.0"),
            )
        ).values()
        assert (odd.product.rating_average, odd.remarks) == (None, (amazon_in.NO_RATING,))
        assert (bad_count.product.rating_average, bad_count.remarks) == (None, (amazon_in.NO_COUNT,))
        assert (none.product.rating_count, none.remarks) == (0, ())
        assert (good.product.rating_average, good.product.rating_count) == (Decimal("4.2"), 14)

    def test_what_can_not_be_sold_is_refused_with_its_reason(self, tmp_path: Path) -> None:
        outcomes = self.read(
            tmp_path,
            listing("a", asin="B000000001", sale="", price=""),
            listing("b", asin="B000000002", sale="", price="₹0"),
            listing("c", asin="B000000003", price="$12"),
            listing("d", link="https://www.amazon.in/gp/slredirect"),
        )
        assert sorted(reasons(outcomes)) == sorted(
            [amazon_in.NO_PRICE, amazon_in.FREE, amazon_in.NOT_A_PRICE, amazon_in.NO_ASIN]
        )
        assert len(outcomes) == 4


class TestCrowdflower:
    def test_descriptions_lose_their_markup(self, tmp_path: Path) -> None:
        markup = '<ul>\n\t<li>Brass&nbsp;lamp</li><li>8 x 8" &amp; more</li></ul><script>x()</script>'
        path = table(tmp_path / "a.csv", "product_id,title,description", ["1", "Tom &amp; Co lamp", markup])
        (row,) = products(crowdflower.read(path, currency="USD")).values()
        assert row.product.title == "Tom & Co lamp"
        assert row.product.description == 'Brass lamp 8 x 8" & more'

    def test_an_id_given_twice_and_a_missing_title_are_refused(self, tmp_path: Path) -> None:
        path = table(
            tmp_path / "a.csv", "product_id,title,description", ["1", "a", ""], ["1", "b", ""], ["2", " ", ""]
        )
        outcomes = list(crowdflower.read(path, currency="USD"))
        assert reasons(outcomes) == [crowdflower.GIVEN_BEFORE, crowdflower.NO_TITLE]


class TestOnlineRetail:
    def read(self, path: Path, *rows: list[object]) -> list[CatalogRow | Refused]:
        return list(online_retail.read(table(path / "a.csv", ONLINE_RETAIL, *rows)))

    def test_the_title_is_the_most_frequent_description_and_the_first_of_equals(self, tmp_path: Path) -> None:
        found = products(
            self.read(
                tmp_path,
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

    def test_the_price_is_that_of_the_latest_sale_not_of_a_later_return(self, tmp_path: Path) -> None:
        found = products(
            self.read(
                tmp_path,
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

    def test_every_row_is_accounted_for(self, tmp_path: Path) -> None:
        outcomes = self.read(
            tmp_path,
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


class TestPlainCsv:
    def read(self, path: Path, header: str, *rows: list[object]) -> list[CatalogRow | Refused]:
        return list(plain_csv.read(table(path / "a.csv", header, *rows), currency="EUR"))

    def test_three_columns_are_enough(self, tmp_path: Path) -> None:
        (row,) = self.read(tmp_path, "sku,title,price", ["L-1", "Lamp", "12.5"])
        assert isinstance(row, CatalogRow)
        assert (row.product.reference, row.product.price, row.product.currency) == (
            "L-1",
            Decimal("12.5"),
            "EUR",
        )
        assert row.product.category == ("Uncategorised",)
        assert row.stock == {}

    def test_a_row_in_another_currency_is_no_variant_of_the_product(self, tmp_path: Path) -> None:
        outcomes = self.read(
            tmp_path,
            "sku,title,price,product,currency",
            ["S-M", "Shirt", "20.00", "shirt", "EUR"],
            ["S-L", "Shirt", "15.00", "shirt", "USD"],
        )
        (shirt,) = products(outcomes).values()
        assert (shirt.product.price, shirt.rows, len(shirt.product.variants)) == (Decimal(20), 1, 1)
        assert reasons(outcomes) == [plain_csv.OTHER_CURRENCY]

    def test_rows_of_one_product_become_its_variants_even_apart(self, tmp_path: Path) -> None:
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
        ],
    )
    def test_a_value_that_can_not_be_taken_refuses_its_row_and_names_the_way_out(
        self, tmp_path: Path, column: str, value: str, reason: str
    ) -> None:
        values = {"sku": "1", "title": "Lamp", "price": "1", column: value}
        outcomes = self.read(tmp_path, ",".join(values), list(values.values()))
        assert reasons(outcomes) == [reason]

    def test_a_sku_given_twice_is_refused(self, tmp_path: Path) -> None:
        outcomes = self.read(tmp_path, "sku,title,price", ["1", "a", "1"], ["1", "b", "2"])
        assert reasons(outcomes) == [plain_csv.GIVEN_BEFORE]


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "folder", "rows", "made"),
    [
        ("amazon_in", "amazon_in_products_sample/Amazon-Products.csv.xz", 10_930, 9_809),
        ("crowdflower", "crowdflower/products.csv.xz", 9_913, 9_913),
    ],
)
def test_every_row_of_the_published_files_is_accounted_for(
    data_dir: str, name: str, folder: str, rows: int, made: int
) -> None:
    path = Path(data_dir) / folder
    if name == "amazon_in":
        outcomes = list(amazon_in.read(path))
        assert count_rows(path, header=amazon_in.HEADER) == rows
    else:
        outcomes = list(crowdflower.read(path, currency="USD"))
    assert len(outcomes) == rows
    assert len(products(outcomes)) == made
