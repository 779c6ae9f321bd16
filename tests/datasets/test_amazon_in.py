"""The converter of listings of amazon.in."""

from decimal import Decimal
from pathlib import Path

from backend.catalog.pricing import sale_price
from datasets import amazon_in
from datasets.rows import EXACT_COPY
from tests.backend.importing.written import listing
from tests.datasets.reading import catalogue, products, reasons


def test_list_and_sale_prices_are_imported_exactly(tmp_path: Path) -> None:
    prices = [("₹32,999", "₹58,990"), ("₹149.50", "₹1,00,000.01"), ("", "₹999")]
    outcomes = catalogue(
        tmp_path,
        "amazon-in",
        *(
            listing("A kettle", asin=f"B00000000{number}", sale=sale, price=price)
            for number, (sale, price) in enumerate(prices)
        ),
    )
    prices_read = [
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
    assert prices_read == [
        (Decimal(58_990), Decimal(32_999)),
        (Decimal("100000.01"), Decimal("149.50")),
        (Decimal(999), Decimal(999)),
    ]


def test_a_product_in_several_sub_categories_is_imported_once_from_the_most_specific(tmp_path: Path) -> None:
    outcomes = catalogue(
        tmp_path,
        "amazon-in",
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


def test_a_rating_that_is_not_a_number_is_left_out_with_a_remark(tmp_path: Path) -> None:
    not_a_number, bad_count, without_rating, valid = products(
        catalogue(
            tmp_path,
            "amazon-in",
            listing("a", asin="B000000001", rating="Get", count="FREE Delivery"),
            listing("b", asin="B000000002", count="Only 2 left in stock."),
            listing("c", asin="B000000003", rating="", count=""),
            listing("d", asin="B000000004", count="14.0"),
        )
    ).values()
    assert (not_a_number.product.rating_average, not_a_number.remarks) == (None, (amazon_in.NO_RATING,))
    assert (bad_count.product.rating_average, bad_count.remarks) == (None, (amazon_in.NO_COUNT,))
    assert (without_rating.product.rating_count, without_rating.remarks) == (0, ())
    assert (valid.product.rating_average, valid.product.rating_count) == (Decimal("4.2"), 14)


def test_listings_without_a_price_or_a_product_are_refused_with_the_reason(tmp_path: Path) -> None:
    outcomes = catalogue(
        tmp_path,
        "amazon-in",
        listing("a", asin="B000000001", sale="", price=""),
        listing("b", asin="B000000002", sale="", price="₹0"),
        listing("c", asin="B000000003", price="$12"),
        listing("d", link="https://www.amazon.in/gp/slredirect"),
    )
    assert sorted(reasons(outcomes)) == sorted(
        [amazon_in.NO_PRICE, amazon_in.FREE, amazon_in.NOT_A_PRICE, amazon_in.NO_ASIN]
    )
    assert len(outcomes) == 4
