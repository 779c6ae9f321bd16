"""Our own format of a catalogue: one row a variant, or a product where it has only one.

`sku`, `title` and `price` are needed. `product` groups the rows of one product: what belongs to the product
is taken from the first of them, its price is the lowest, and attributes in which they differ make the
variants. Prices are as before the discount. `image_urls` may hold several, with blanks between them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from backend.catalog.bulk import ImportedProduct, ImportedVariant
from backend.catalog.models import PATH_SEPARATOR
from backend.importing.catalogue.row import (
    LONGEST_NAME,
    LONGEST_TITLE,
    LONGEST_URL,
    UNCATEGORISED,
    CatalogRow,
)
from backend.importing.errors import InvalidValue
from backend.importing.files import Header, open_table
from backend.importing.outcomes import Refused
from backend.importing.values import LONGEST_REFERENCE, currency_code, number, price

ATTRIBUTE = "attr:"
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
        "stock",
        "rating",
        "rating_count",
    ),
    prefix=ATTRIBUTE,
    closed=True,
)
URL = re.compile(r"https?://\S+")

BAD_REFERENCE = f"sku and product must have 1 to {LONGEST_REFERENCE} characters"
BAD_TITLE = f"title must have 1 to {LONGEST_TITLE} characters"
BAD_BRAND = f"brand must have at most {LONGEST_NAME} characters"
BAD_DISCOUNT = "discount_percentage must be a number from 0 to 100"
BAD_RATING = "rating must be a number from 0 to 5"
BAD_COUNT = "stock and rating_count must be whole numbers, not negative"
BAD_URL = f"image_urls must begin with http:// or https:// and have at most {LONGEST_URL} characters"
BAD_CATEGORY = f'category must be names separated by ">", none of them empty or longer than {LONGEST_NAME}'
GIVEN_BEFORE = "the sku was given before"
OTHER_CURRENCY = "the currency is not that of the product's first row"


@dataclass(frozen=True, slots=True)
class _Offer:
    """One row, understood."""

    line: int
    row: tuple[str, ...]
    sku: str
    group: str
    title: str
    description: str
    brand: str
    category: tuple[str, ...]
    price: Decimal
    currency: str
    discount: Decimal
    image_urls: tuple[str, ...]
    stock: int | None
    rating: Decimal | None
    rating_count: int
    attributes: Mapping[str, str]


def read(path: Path, *, currency: str) -> Iterator[CatalogRow | Refused]:
    """Yield the rows that can't be taken, then the products; `currency` is theirs where the file has none."""
    table = open_table(path, header=HEADER)
    groups: dict[str, list[_Offer]] = {}
    seen: set[str] = set()
    for record in table.records():
        if isinstance(record, Refused):
            yield record
            continue
        values = dict(zip(table.columns, map(str.strip, record.values), strict=True))
        try:
            offer = _offer(record.line, tuple(record.values), values, currency=currency)
        except InvalidValue as fault:
            yield Refused(record.line, str(fault), tuple(record.values))
            continue
        if offer.sku in seen:
            yield Refused(offer.line, GIVEN_BEFORE, offer.row)
            continue
        seen.add(offer.sku)
        groups.setdefault(offer.group, []).append(offer)
    for reference, offers in groups.items():
        for offer in offers:
            if offer.currency != offers[0].currency:
                yield Refused(offer.line, OTHER_CURRENCY, offer.row)
        alike = [offer for offer in offers if offer.currency == offers[0].currency]
        yield _product(reference, offers=alike)


def _offer(line: int, row: tuple[str, ...], values: Mapping[str, str], *, currency: str) -> _Offer:
    sku = _text(values["sku"], longest=LONGEST_REFERENCE, fault=BAD_REFERENCE)
    group = values.get("product", "")
    rating = values.get("rating", "")
    stock = values.get("stock", "")
    own_currency = currency_code(values.get("currency") or currency)
    return _Offer(
        line=line,
        row=row,
        sku=sku,
        group=_text(group, longest=LONGEST_REFERENCE, fault=BAD_REFERENCE) if group else sku,
        title=_text(values["title"], longest=LONGEST_TITLE, fault=BAD_TITLE),
        description=values.get("description", ""),
        brand=_text(values.get("brand", ""), longest=LONGEST_NAME, fault=BAD_BRAND, shortest=0),
        category=_category(values.get("category", "")),
        price=price(values["price"], column="price", currency=own_currency),
        currency=own_currency,
        discount=number(
            values.get("discount_percentage") or "0", highest=Decimal(100), places=8, fault=BAD_DISCOUNT
        ),
        image_urls=_urls(values.get("image_urls", "")),
        stock=_count(stock) if stock else None,
        rating=number(rating, highest=Decimal(5), places=2, fault=BAD_RATING) if rating else None,
        rating_count=_count(values.get("rating_count") or "0"),
        attributes={
            name.removeprefix(ATTRIBUTE).strip(): value
            for name, value in values.items()
            if name.startswith(ATTRIBUTE) and value
        },
    )


def _text(text: str, *, longest: int, fault: str, shortest: int = 1) -> str:
    if not shortest <= len(text) <= longest:
        raise InvalidValue(fault)
    return text


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise InvalidValue(BAD_COUNT)
    return int(text)


def _urls(text: str) -> tuple[str, ...]:
    urls = tuple(text.split())
    if any(len(url) > LONGEST_URL or URL.fullmatch(url) is None for url in urls):
        raise InvalidValue(BAD_URL)
    return urls


def _category(text: str) -> tuple[str, ...]:
    if not text:
        return UNCATEGORISED
    names = tuple(name.strip() for name in text.split(PATH_SEPARATOR.strip()))
    if any(not 1 <= len(name) <= LONGEST_NAME for name in names):
        raise InvalidValue(BAD_CATEGORY)
    return names


def _product(reference: str, *, offers: Sequence[_Offer]) -> CatalogRow:
    first = offers[0]
    lowest = min(offer.price for offer in offers)
    shared = dict(set.intersection(*(set(offer.attributes.items()) for offer in offers)))
    product = ImportedProduct(
        reference=reference,
        title=first.title,
        description=first.description,
        brand=first.brand,
        category=first.category,
        price=lowest,
        currency=first.currency,
        discount_percentage=first.discount,
        rating_average=first.rating,
        rating_count=first.rating_count,
        attributes=shared,
        image_urls=first.image_urls,
        variants=tuple(_variant(offer, lowest=lowest, shared=shared) for offer in offers),
    )
    return CatalogRow(
        product=product,
        line=first.line,
        row=first.row,
        further=tuple((offer.line, offer.row) for offer in offers[1:]),
        rows=len(offers),
        stock={offer.sku: offer.stock for offer in offers if offer.stock is not None},
    )


def _variant(offer: _Offer, *, lowest: Decimal, shared: Mapping[str, str]) -> ImportedVariant:
    own = {name: value for name, value in offer.attributes.items() if name not in shared}
    return ImportedVariant(
        sku=offer.sku,
        name=" / ".join(own.values())[:200],
        price_modifier=offer.price - lowest,
        attributes=own,
        image_url=offer.image_urls[0] if offer.image_urls and own else "",
    )
