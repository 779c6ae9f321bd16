"""Product feeds with the columns that Google Merchant Center documents, as TSV and as RSS 2.0.

An item is an active variant. Rows are written one after another, so that a feed of any length takes constant
memory; over HTTP a feed comes in parts, each with a range of product ids.
"""

import html
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any, Final
from xml.sax.saxutils import escape

from django.conf import settings

from backend.api import money
from backend.catalog.addresses import product_address, public_address
from backend.catalog.images import pictures
from backend.catalog.models import Product, Variant

SPAN: Final = 10_000
"""The product ids in one part of a feed."""
COLUMNS: Final = (
    "id",
    "title",
    "description",
    "link",
    "image_link",
    "additional_image_link",
    "availability",
    "price",
    "sale_price",
    "brand",
    "gtin",
    "mpn",
    "identifier_exists",
    "condition",
    "item_group_id",
    "product_type",
    "color",
    "size",
    "material",
    "pattern",
    "shipping_weight",
)
_ATTRIBUTES = {
    "colour": "color",
    "color": "color",
    "size": "size",
    "material": "material",
    "pattern": "pattern",
}
_GTIN_NAMES = ("gtin", "ean", "upc", "isbn")
_MOST_IMAGES = 10
_LONGEST = {"title": 150, "description": 5_000, "brand": 70, "product_type": 750, "mpn": 70}
# Characters that XML 1.0 doesn't allow.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPACES = re.compile(r"\s+")

Item = Mapping[str, str | list[str]]


def items(currency: str, *, part: int | None = None) -> Iterator[Item]:
    """Yield the items that shoppers see and that are sold in the currency; all, or those of one part."""
    rows = Product.objects.listed().filter(currency=currency).select_related("category").order_by("pk")
    if part is not None:
        rows = rows.filter(pk__gte=part * SPAN, pk__lt=(part + 1) * SPAN)
    for product in rows.prefetch_related("variants").iterator(chunk_size=500):
        variants = [variant for variant in product.variants.all() if variant.is_active]
        for variant in variants:
            yield _item(product, variant, is_group=len(variants) > 1)


def tsv(found: Iterator[Item]) -> Iterator[str]:
    """Yield the lines of a feed of tab-separated values."""
    yield "\t".join(COLUMNS) + "\n"
    for item in found:
        yield "\t".join(_cell(item.get(name, "")) for name in COLUMNS) + "\n"


def _cell(value: str | list[str]) -> str:
    # A comma separates images, so one in an address is escaped.
    return value if isinstance(value, str) else ",".join(url.replace(",", "%2C") for url in value)


def rss(found: Iterator[Item]) -> Iterator[str]:
    """Yield the parts of a feed in RSS 2.0."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield '<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0">\n<channel>\n'
    shop = settings.SHOP_NAME or "Products"
    yield f"<title>{escape(shop)}</title>\n<link>{escape(settings.PUBLIC_URL)}</link>\n"
    yield f"<description>{escape(shop)}</description>\n"
    for item in found:
        yield "<item>\n"
        for name in COLUMNS:
            value = item.get(name, "")
            for one in [value] if isinstance(value, str) else value:
                if one:
                    yield f"<g:{name}>{escape(one)}</g:{name}>\n"
        yield "</item>\n"
    yield "</channel>\n</rss>\n"


def _item(product: Product, variant: Variant, *, is_group: bool) -> Item:
    attributes = {**product.attributes, **variant.attributes}
    own = variant.shown_image_url
    images = [own] if own else []
    images += [url for url in pictures.all_urls(product.pictures, product.image_urls) if url != own]
    addresses = [public_address(url) for url in images]
    named = {str(name).casefold(): str(value) for name, value in attributes.items() if value}
    gtin = next((named[name] for name in _GTIN_NAMES if is_gtin(named.get(name, ""))), "")
    mpn = named.get("mpn", "")
    title = f"{product.title} – {variant.name}" if is_group and variant.name else product.title
    reduced = variant.sale_price < variant.list_price
    weight = variant.weight_grams
    values: dict[str, Any] = {
        "id": str(variant.pk),
        "title": title,
        "description": plain_text(product.description) or title,
        "brand": product.brand,
        "mpn": mpn,
        "product_type": product.category.path,
        **{_ATTRIBUTES[name]: value for name, value in named.items() if name in _ATTRIBUTES},
    }
    return {
        **{name: _text(value, longest=_LONGEST.get(name, 100)) for name, value in values.items()},
        "link": product_address(product.pk, product.slug),
        "image_link": addresses[0] if addresses else "",
        "additional_image_link": addresses[1 : _MOST_IMAGES + 1],
        "availability": "in_stock" if variant.available > 0 else "out_of_stock",
        "price": _price(variant.list_price, product.currency),
        "sale_price": _price(variant.sale_price, product.currency) if reduced else "",
        "gtin": gtin,
        "identifier_exists": "yes" if gtin or (mpn and product.brand) else "no",
        "condition": "new",
        "item_group_id": str(product.pk) if is_group else "",
        "shipping_weight": "" if weight is None else f"{weight} g",
    }


def _price(amount: Decimal, currency: str) -> str:
    return f"{money.written(amount, currency=currency)} {currency}"


def _text(value: str, *, longest: int) -> str:
    """Return a text in one line without characters that a feed can't have."""
    return _SPACES.sub(" ", _NOT_XML.sub("", value)).strip()[:longest].rstrip()


class _Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self.found.append(data)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        # Words of two paragraphs stay apart.
        self.found.append(" ")


def plain_text(description: str) -> str:
    """Return the text of a description, which may have HTML."""
    parser = _Texts()
    parser.feed(description)
    parser.close()
    return html.unescape("".join(parser.found)).strip()


def is_gtin(text: str) -> bool:
    """Return whether a text is a GTIN of 8, 12, 13 or 14 digits with a correct check digit (GS1)."""
    if len(text) not in (8, 12, 13, 14) or not (text.isascii() and text.isdigit()):
        return False
    digits = [int(digit) for digit in reversed(text)]
    return sum(digit * (3 if position % 2 else 1) for position, digit in enumerate(digits)) % 10 == 0
