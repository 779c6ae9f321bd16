"""Listings collected from amazon.in: list and sale prices in rupees, one row a product and sub-category."""

import re
from collections import Counter
from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

from backend.catalog.bulk import ImportedProduct, ImportedVariant
from backend.importing.catalogue.row import LONGEST_TITLE, CatalogRow
from backend.importing.files import Header, open_table
from backend.importing.outcomes import EXACT_COPY, Refused

CURRENCY = "INR"
HEADER = Header(
    required=(
        "name",
        "main_category",
        "sub_category",
        "image",
        "link",
        "ratings",
        "no_of_ratings",
        "discount_price",
        "actual_price",
    )
)
ASIN = re.compile(r"/dp/([A-Z0-9]{10})(?:[/?]|$)")
PRICE = re.compile(r"₹([0-9,]+(?:\.[0-9]{1,2})?)")
RATING = re.compile(r"[0-5](?:\.[0-9]+)?")
COUNT = re.compile(r"([0-9,]+)(?:\.0)?")
PERCENT_STEP = Decimal("1e-8")

NO_ASIN = "the link names no product (/dp/ and ten characters)"
NO_PRICE = "has no price"
NOT_A_PRICE = "a price is no amount of rupees like ₹1,299"
FREE = "the price is zero"
NO_NAME = "has no name"
LISTED_AGAIN = "is listed again; the product was taken from its most specific sub-category"
NO_RATING = "the rating is no number from 0 to 5, so it was left out"
NO_COUNT = "the number of ratings is no number, so the rating was left out"

Row = tuple[str, ...]


def read(path: Path) -> Iterator[CatalogRow | Refused]:
    """Yield each product once.

    A product may be listed in several sub-categories; the one with the fewest rows says most about it, and
    the earlier in the file where two are as small.
    """
    table = open_table(path, header=HEADER)
    positions = table.positions(HEADER.required)
    listings: dict[str, list[tuple[int, Row]]] = {}
    sizes: Counter[str] = Counter()
    for record in table.records():
        if isinstance(record, Refused):
            yield record
            continue
        row = tuple(record.values[position].strip() for position in positions)
        found = ASIN.search(row[4])
        if found is None:
            yield Refused(record.line, NO_ASIN, row)
            continue
        sizes[row[2]] += 1
        listings.setdefault(found[1], []).append((record.line, row))
    for asin, rows in listings.items():
        yield from _product(asin, rows=rows, sizes=sizes)


def _product(
    asin: str, *, rows: list[tuple[int, Row]], sizes: Counter[str]
) -> Iterator[CatalogRow | Refused]:
    chosen_line, chosen = min(rows, key=lambda numbered: (sizes[numbered[1][2]], numbered[0]))
    seen: set[Row] = set()
    for line, row in rows:
        if line != chosen_line:
            yield Refused(line, EXACT_COPY if row in seen or row == chosen else LISTED_AGAIN, row)
        seen.add(row)
    yield _outcome(asin, line=chosen_line, row=chosen)


def _outcome(asin: str, *, line: int, row: Row) -> CatalogRow | Refused:
    name, main, sub, image, _, rating, count, sale, listed = row
    price, reason = _price(listed or sale)
    paid, paid_reason = _price(sale or listed)
    if price is None or paid is None or not name:
        return Refused(line, NO_NAME if not name else reason or paid_reason, row)
    price = max(price, paid)
    average, number, remarks = _rating(rating, count)
    product = ImportedProduct(
        reference=asin,
        title=name[:LONGEST_TITLE],
        category=(main[:1].upper() + main[1:], sub),
        price=price,
        discount_percentage=_discount(price=price, paid=paid),
        currency=CURRENCY,
        rating_average=average,
        rating_count=number,
        image_urls=(image,) if image else (),
        variants=(ImportedVariant(sku=asin),),
    )
    return CatalogRow(product=product, line=line, row=row, remarks=remarks)


def _price(text: str) -> tuple[Decimal | None, str]:
    if not text:
        return None, NO_PRICE
    found = PRICE.fullmatch(text)
    if found is None:
        return None, NOT_A_PRICE
    price = Decimal(found[1].replace(",", ""))
    return (price, "") if price else (None, FREE)


def _discount(*, price: Decimal, paid: Decimal) -> Decimal:
    return (100 * (price - paid) / price).quantize(PERCENT_STEP, rounding=ROUND_HALF_EVEN)


def _rating(rating: str, count: str) -> tuple[Decimal | None, int, tuple[str, ...]]:
    if not rating and not count:
        return None, 0, ()
    if RATING.fullmatch(rating) is None or Decimal(rating) > 5:
        return None, 0, (NO_RATING,)
    number = COUNT.fullmatch(count)
    if number is None:
        return None, 0, (NO_COUNT,)
    return Decimal(rating), int(number[1].replace(",", "")), ()
