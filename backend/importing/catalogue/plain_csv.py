"""Our CSV format of a catalogue: one row for each variant, or for each product that has only one.

`sku`, `title` and `price` are required. Rows with the same `product` are the variants of one product: its
fields come from the first of them, its price is the lowest, and the attributes in which the rows differ are
those of the variants. Prices are before the discount. `image_urls` are separated by spaces. `is_active` (true
or false) and `created_at` are used when the product is created.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from backend.catalog.bulk import ImportedProduct, ImportedVariant
from backend.catalog.models import PATH_SEPARATOR
from backend.importing.catalogue.row import (
    LONGEST_NAME,
    LONGEST_PATH,
    LONGEST_TITLE,
    LONGEST_URL,
    UNCATEGORISED,
    CatalogRow,
)
from backend.importing.errors import InvalidValue
from backend.importing.files import open_table
from backend.importing.headers import Header
from backend.importing.outcomes import Refused
from backend.importing.rows import Row, rows_of
from backend.importing.values import (
    EARLIEST,
    LATEST,
    LONGEST_REFERENCE,
    checked_reference,
    currency_code,
    number,
    point_in_time,
    price,
)

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
        "is_active",
        "created_at",
    ),
    prefix=ATTRIBUTE,
    closed=True,
)
FLAGS = {"true": True, "false": False}
URL = re.compile(r"https?://\S+")

BAD_REFERENCE = f"sku and product must have 1 to {LONGEST_REFERENCE} characters"
BAD_TITLE = f"title must have 1 to {LONGEST_TITLE} characters"
BAD_BRAND = f"brand must have at most {LONGEST_NAME} characters"
BAD_DISCOUNT = "discount_percentage must be a number from 0 to 100"
BAD_RATING = "rating must be a number from 0 to 5"
BAD_COUNT = "stock and rating_count must be whole numbers, not negative"
BAD_URL = f"image_urls must begin with http:// or https:// and have at most {LONGEST_URL} characters"
BAD_CATEGORY = f'category must be names separated by ">", none of them empty or longer than {LONGEST_NAME}'
DEEP_CATEGORY = f"category must have at most {LONGEST_PATH} characters"
BAD_FLAG = "is_active must be true or false"
BAD_TIME = f"created_at must be a time like 2024-01-31T16:05:00Z, from {EARLIEST:%F} to {LATEST:%F}"
GIVEN_BEFORE = "the sku was given before"
OTHER_CURRENCY = "the currency is not that of the product's first row"


@dataclass(frozen=True, slots=True)
class _Offer:
    """The validated values of a row."""

    source: Row
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
    is_active: bool
    created_at: datetime | None


def read(path: Path, *, currency: str) -> Iterator[CatalogRow | Refused]:
    """Yield the refused rows of the file, then its products; `currency` is for rows without one."""
    return products(_rows(path), currency=currency)


def _rows(path: Path) -> Iterator[Row | Refused]:
    yield from rows_of(open_table(path, header=HEADER))


def products(rows: Iterable[Row | Refused], *, currency: str) -> Iterator[CatalogRow | Refused]:
    """Yield the refused rows, then the products; `currency` is for rows without one."""
    groups: dict[str, list[_Offer]] = {}
    seen: set[str] = set()
    for row in rows:
        if isinstance(row, Refused):
            yield row
            continue
        try:
            offer = _offer(row, currency=currency)
        except InvalidValue as fault:
            yield Refused(row.line, str(fault), row.source)
            continue
        if offer.sku in seen:
            yield _refused(offer, GIVEN_BEFORE)
            continue
        seen.add(offer.sku)
        groups.setdefault(offer.group, []).append(offer)
    for reference, offers in groups.items():
        for offer in offers:
            if offer.currency != offers[0].currency:
                yield _refused(offer, OTHER_CURRENCY)
        alike = [offer for offer in offers if offer.currency == offers[0].currency]
        yield _product(reference, offers=alike)


def _refused(offer: _Offer, reason: str) -> Refused:
    return Refused(offer.source.line, reason, offer.source.source)


def _offer(row: Row, *, currency: str) -> _Offer:
    values = row.values
    sku = checked_reference(
        _text(values["sku"], longest=LONGEST_REFERENCE, fault=BAD_REFERENCE), column="sku"
    )
    group = checked_reference(values.get("product", ""), column="product")
    rating = values.get("rating", "")
    stock = values.get("stock", "")
    own_currency = currency_code(values.get("currency") or currency)
    return _Offer(
        source=row,
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
        is_active=_flag(values.get("is_active") or "true"),
        created_at=point_in_time(values["created_at"], fault=BAD_TIME) if values.get("created_at") else None,
    )


def _text(text: str, *, longest: int, fault: str, shortest: int = 1) -> str:
    if not shortest <= len(text) <= longest:
        raise InvalidValue(fault)
    return text


def _flag(text: str) -> bool:
    if text not in FLAGS:
        raise InvalidValue(BAD_FLAG)
    return FLAGS[text]


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
    if len(PATH_SEPARATOR.join(names)) > LONGEST_PATH:
        raise InvalidValue(DEEP_CATEGORY)
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
        is_active=first.is_active,
        created_at=first.created_at,
        variants=tuple(_variant(offer, lowest=lowest, shared=shared) for offer in offers),
    )
    return CatalogRow(
        product=product,
        line=first.source.line,
        row=first.source.source,
        further=tuple((offer.source.line, offer.source.source) for offer in offers[1:]),
        rows=sum(offer.source.rows for offer in offers),
        remarks=tuple(remark for offer in offers for remark in offer.source.remarks),
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
