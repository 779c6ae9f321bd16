"""Validates the rows of our catalogue format."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from backend.catalog.categories import LONGEST_PATH, MAX_LEVELS
from backend.catalog.models import MAX_WEIGHT_GRAMS, PATH_SEPARATOR, TAX_CLASS
from backend.importing.catalogue.row import (
    LONGEST_NAME,
    LONGEST_TITLE,
    LONGEST_URL,
    UNCATEGORISED,
)
from backend.importing.errors import InvalidValue
from backend.importing.numbers import plain
from backend.importing.rows import Row
from backend.importing.spreadsheets import refuse_shortened
from backend.importing.values import (
    EARLIEST,
    LATEST,
    LONGEST_REFERENCE,
    currency_code,
    number,
    point_in_time,
    price,
)

ATTRIBUTE = "attr:"
EXTRA = "extra:"
"""The prefix given to columns that the format doesn't have, if they are imported as attributes."""
FLAGS = {
    **dict.fromkeys(("true", "yes", "1", "wahr", "vrai", "verdadero", "vero", "waar"), True),
    **dict.fromkeys(("false", "no", "0", "falsch", "faux", "falso", "onwaar"), False),
}
"""Spreadsheets write true and false in the user's language."""
URL = re.compile(r"https?://\S+")
BETWEEN_URLS = re.compile(r"\s+|[,;|]\s*(?=https?://)")
LONGEST_VALUE = 500
LONGEST_VARIANT_NAME = 200
MOST_IMAGES = 250

BAD_REFERENCE = f"sku and product must have 1 to {LONGEST_REFERENCE} characters"
BAD_TITLE = f"title must have 1 to {LONGEST_TITLE} characters"
BAD_BRAND = f"brand must have at most {LONGEST_NAME} characters"
BAD_VARIANT_NAME = f"variant_name must have at most {LONGEST_VARIANT_NAME} characters"
BAD_DISCOUNT = "discount_percentage must be a number from 0 to 100"
BAD_RATING = "rating must be a number from 0 to 5"
BAD_WEIGHT = f"weight_grams must be a whole number from 0 to {MAX_WEIGHT_GRAMS:,}"
BAD_TAX_CLASS = "tax_class must have 1 to 20 lower-case letters, digits, hyphens and underscores"
BAD_COUNT = "stock and rating_count must be whole numbers, not negative"
BAD_URL = f"image URLs must begin with http:// or https:// and have at most {LONGEST_URL} characters"
MANY_URLS = f"has more than {MOST_IMAGES} image URLs"
BAD_CATEGORY = f'category must be names separated by ">", none of them empty or longer than {LONGEST_NAME}'
DEEP_CATEGORY = f"category must have at most {MAX_LEVELS} levels and {LONGEST_PATH:,} characters"
BAD_FLAG = "is_active must be true or false"
BAD_TIME = (
    f"created_at and stock_at must be times like 2024-01-31T16:05:00Z, from {EARLIEST:%F} to {LATEST:%F}"
)
LONG_ATTRIBUTE = (
    f"the name of an attribute must have at most {LONGEST_NAME} characters, its value at most {LONGEST_VALUE}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The validated values of a row.

    `extra` are the names of attributes that were extra columns. `discount`, `weight_grams` and `tax_class`
    are None if the row has none, `variant_name` and `variant_image_url` if the file has no such column.
    """

    source: Row
    sku: str
    title: str
    brand: str
    category: tuple[str, ...]
    price: Decimal
    currency: str
    discount: Decimal | None
    image_urls: tuple[str, ...]
    variant_image_url: str | None
    variant_name: str | None
    stock: int | None
    stock_at: datetime | None
    weight_grams: int | None
    tax_class: str | None
    rating: Decimal | None
    rating_count: int
    attributes: Mapping[str, str]
    extra: frozenset[str]
    is_active: bool
    created_at: datetime | None


def offer_of(row: Row, *, currency: str, mark: str) -> Offer:
    """Return the values of a row with the decimal mark `mark`; `currency` is the default.

    Raises:
        InvalidValue: a value is missing or invalid.
    """
    values = row.values
    own_currency = currency_code(values.get("currency", "").upper() or currency)
    stock_at, created_at = values.get("stock_at"), values.get("created_at")
    variant_image = values.get("variant_image_url")
    return Offer(
        source=row,
        sku=_reference(values["sku"]),
        title=_text(values["title"], longest=LONGEST_TITLE, fault=BAD_TITLE),
        brand=_text(values.get("brand", ""), longest=LONGEST_NAME, fault=BAD_BRAND, shortest=0),
        category=_category(values.get("category", "")),
        price=price(
            plain(values["price"], mark=mark, currency=own_currency), column="price", currency=own_currency
        ),
        currency=own_currency,
        discount=_bounded(values.get("discount_percentage"), mark=mark, highest=100, places=8),
        image_urls=_urls(values.get("image_urls", "")),
        variant_image_url=None if variant_image is None else " ".join(_urls(variant_image)[:1]),
        variant_name=_variant_name(values),
        stock=_count(values.get("stock"), mark=mark),
        stock_at=point_in_time(stock_at, fault=BAD_TIME) if stock_at else None,
        weight_grams=_weight(values.get("weight_grams"), mark=mark),
        tax_class=_tax_class(values.get("tax_class")),
        rating=_bounded(values.get("rating"), mark=mark, highest=5, places=2),
        rating_count=_count(values.get("rating_count"), mark=mark) or 0,
        attributes=_attributes(values),
        extra=frozenset(name.removeprefix(EXTRA) for name in values if name.startswith(EXTRA)),
        is_active=_flag(values.get("is_active") or "true"),
        created_at=point_in_time(created_at, fault=BAD_TIME) if created_at else None,
    )


def group_of(row: Row) -> str:
    """Return the key that only the rows of one product share."""
    return row.values.get("product") or row.values["sku"]


def product_reference(row: Row) -> str:
    """Return the reference of the product to which a row belongs.

    Raises:
        InvalidValue: it is empty or too long, or a spreadsheet has shortened it.
    """
    return _reference(group_of(row), column="product")


def _reference(text: str, *, column: str = "sku") -> str:
    reference = _text(text, longest=LONGEST_REFERENCE, fault=BAD_REFERENCE)
    refuse_shortened(reference, column=column)
    return reference


def _text(text: str, *, longest: int, fault: str, shortest: int = 1) -> str:
    if not shortest <= len(text) <= longest:
        raise InvalidValue(fault)
    return text


def _variant_name(values: Mapping[str, str]) -> str | None:
    name = values.get("variant_name")
    return (
        _text(name, longest=LONGEST_VARIANT_NAME, fault=BAD_VARIANT_NAME, shortest=0)
        if name is not None
        else None
    )


def _bounded(text: str | None, *, mark: str, highest: int, places: int) -> Decimal | None:
    if not text:
        return None
    fault = BAD_DISCOUNT if highest == 100 else BAD_RATING
    unit = "%" if highest == 100 else ""
    return number(plain(text, mark=mark, unit=unit), highest=Decimal(highest), places=places, fault=fault)


def _flag(text: str) -> bool:
    flag = FLAGS.get(text.casefold())
    if flag is None:
        raise InvalidValue(BAD_FLAG)
    return flag


def _count(text: str | None, *, mark: str) -> int | None:
    if not text:
        return None
    # Some programs write whole numbers as 5.0 if the column has empty cells.
    return int(number(plain(text, mark=mark), highest=Decimal(999_999_999), places=0, fault=BAD_COUNT))


def _weight(text: str | None, *, mark: str) -> int | None:
    if not text:
        return None
    return int(number(plain(text, mark=mark), highest=Decimal(MAX_WEIGHT_GRAMS), places=0, fault=BAD_WEIGHT))


def _tax_class(text: str | None) -> str | None:
    if text and TAX_CLASS.fullmatch(text) is None:
        raise InvalidValue(BAD_TAX_CLASS)
    return text or None


def _urls(text: str) -> tuple[str, ...]:
    urls = tuple(url for url in BETWEEN_URLS.split(text) if url)
    if len(urls) > MOST_IMAGES:
        raise InvalidValue(MANY_URLS)
    if any(len(url) > LONGEST_URL or URL.fullmatch(url) is None for url in urls):
        raise InvalidValue(BAD_URL)
    return urls


@lru_cache(maxsize=1_024)
def _category(text: str) -> tuple[str, ...]:
    if not text:
        return UNCATEGORISED
    names = tuple(name.strip() for name in text.split(PATH_SEPARATOR.strip()))
    if any(not 1 <= len(name) <= LONGEST_NAME for name in names):
        raise InvalidValue(BAD_CATEGORY)
    if len(names) > MAX_LEVELS or len(PATH_SEPARATOR.join(names)) > LONGEST_PATH:
        raise InvalidValue(DEEP_CATEGORY)
    return names


def _attributes(values: Mapping[str, str]) -> dict[str, str]:
    found = {
        name.split(":", 1)[1].strip(): value
        for name, value in values.items()
        if name.startswith((ATTRIBUTE, EXTRA)) and value
    }
    if any(len(name) > LONGEST_NAME or len(value) > LONGEST_VALUE for name, value in found.items()):
        raise InvalidValue(LONG_ATTRIBUTE)
    return found
