"""Our CSV format of a catalogue: one row for each variant, or for each product that has only one.

`sku`, `title` and `price` are required. Rows with the same `product` are the variants of one product: its
fields come from the first of them, its price is the lowest, and the attributes in which the rows differ are
those of the variants. A further row takes its title, currency, discount and tax class from the first if it
has none. Prices are before the discount. `image_urls` are separated by spaces or commas. `stock_at` is the
time of the count in `stock`. `is_active` (true or false) and `created_at` are used when the product is
created.
"""

from collections.abc import Iterable
from functools import partial
from pathlib import Path

from backend.importing.catalogue.offers import ATTRIBUTE, group_of
from backend.importing.catalogue.products import products_of
from backend.importing.catalogue.reading import resolved, with_extra_attributes
from backend.importing.catalogue.row import Outcomes, Reading
from backend.importing.files import open_table
from backend.importing.grouping import Unique, grouped
from backend.importing.headers import Header
from backend.importing.numbers import POINT
from backend.importing.outcomes import Refused
from backend.importing.rows import Row, rows_of

HEADER = Header(
    required=("sku", "title", "price"),
    optional=(
        "product",
        "description",
        "brand",
        "category",
        "currency",
        "discount_percentage",
        "image_urls",
        "variant_name",
        "variant_image_url",
        "stock",
        "stock_at",
        "weight_grams",
        "tax_class",
        "rating",
        "rating_count",
        "is_active",
        "created_at",
    ),
    prefix=ATTRIBUTE,
)
GIVEN_BEFORE = "an earlier row has the same sku"
NUMBERS = ("price", "stock", "weight_grams", "rating_count")
BOUNDED_NUMBERS = ("discount_percentage", "rating")

resolve = partial(resolved, header=HEADER, numbers=NUMBERS, bounded=BOUNDED_NUMBERS)


def read(path: Path, *, reading: Reading) -> Outcomes:
    """Yield the refused rows of the file and its products."""
    table = open_table(path, header=HEADER, dialect=reading.dialect)
    rows = with_extra_attributes(rows_of(table), table=table, header=HEADER, reading=reading)
    return products(rows, currency=reading.currency, mark=reading.mark or POINT)


def products(rows: Iterable[Row | Refused], *, currency: str, mark: str = POINT) -> Outcomes:
    """Yield the refused rows and the products of rows, which a converter may have made."""
    groups = grouped(rows, key=group_of, unique=Unique(_sku, GIVEN_BEFORE))
    return products_of(groups, currency=currency, mark=mark)


def _sku(row: Row) -> str:
    return row.values["sku"]
