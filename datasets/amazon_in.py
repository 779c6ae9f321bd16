"""Convert product listings of amazon.in, which have one row per product and sub-category."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import ROUND_HALF_EVEN, Decimal

from datasets.rows import EXACT_COPY, Converted, ConvertedRow, RefusedRow, SourceRow

COLUMNS = (
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
SUB_CATEGORY, LINK = COLUMNS.index("sub_category"), COLUMNS.index("link")
CURRENCY = "INR"
LONGEST_TITLE = 300
ASIN = re.compile(r"/dp/([A-Z0-9]{10})(?:[/?]|$)")
PRICE = re.compile(r"₹([0-9,]+(?:\.[0-9]{1,2})?)")
RATING = re.compile(r"[0-5](?:\.[0-9]+)?")
COUNT = re.compile(r"([0-9,]+)(?:\.0)?")
PERCENT_STEP = Decimal("1e-8")

NO_ASIN = "the link contains no product id (/dp/ and ten characters)"
NO_PRICE = "has no price"
NOT_A_PRICE = "a price is not an amount of rupees like ₹1,299"
FREE = "the price is zero"
NO_NAME = "has no name"
LISTED_AGAIN = "is listed again; the product was imported from its most specific sub-category"
NO_RATING = "the rating is not a number from 0 to 5, so it was left out"
NO_COUNT = "the number of ratings is not a number, so the rating was left out"


def convert(rows: Iterable[SourceRow]) -> Iterator[Converted]:
    """Yield each product once.

    If a product is listed in several sub-categories, the one with the fewest rows counts as the most specific
    and is used; if two have equally many rows, the one earlier in the file.
    """
    listings: dict[str, list[SourceRow]] = {}
    sizes: Counter[str] = Counter()
    for source in rows:
        row = SourceRow(source.line, tuple(map(str.strip, source.values)))
        found = ASIN.search(row.values[LINK])
        if found is None:
            yield RefusedRow(row, NO_ASIN)
            continue
        sizes[row.values[SUB_CATEGORY]] += 1
        listings.setdefault(found[1], []).append(row)
    for asin, listed in listings.items():
        yield from _product(asin, listed=listed, sizes=sizes)


def _product(asin: str, *, listed: list[SourceRow], sizes: Counter[str]) -> Iterator[Converted]:
    chosen = min(listed, key=lambda row: (sizes[row.values[SUB_CATEGORY]], row.line))
    seen: set[tuple[str, ...]] = set()
    for row in listed:
        if row is not chosen:
            is_copy = row.values in seen or row.values == chosen.values
            yield RefusedRow(row, EXACT_COPY if is_copy else LISTED_AGAIN)
        seen.add(row.values)
    yield _converted(asin, row=chosen)


def _converted(asin: str, *, row: SourceRow) -> Converted:
    name, main, sub, image, _, rating, count, sale, listed = row.values
    price, reason = _price(listed or sale)
    paid, paid_reason = _price(sale or listed)
    if price is None or paid is None or not name:
        return RefusedRow(row, NO_NAME if not name else reason or paid_reason)
    price = max(price, paid)
    ratings, remarks = _ratings(rating, count)
    values = {
        "sku": asin,
        "title": name[:LONGEST_TITLE].strip(),
        "price": str(price),
        "discount_percentage": f"{_discount(price=price, paid=paid):f}",
        "currency": CURRENCY,
        "category": f"{main[:1].upper()}{main[1:]} > {sub}",
        "image_urls": image,
        **ratings,
    }
    return ConvertedRow(values=values, source=row, remarks=remarks)


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


def _ratings(rating: str, count: str) -> tuple[dict[str, str], tuple[str, ...]]:
    if not rating and not count:
        return {}, ()
    if RATING.fullmatch(rating) is None or Decimal(rating) > 5:
        return {}, (NO_RATING,)
    number = COUNT.fullmatch(count)
    if number is None:
        return {}, (NO_COUNT,)
    return {"rating": rating, "rating_count": number[1].replace(",", "")}, ()
