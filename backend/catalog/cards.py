"""Cards: products as lists show them, whether they come from rows or from search documents.

ProductCardSerializer describes the same representation to the API's schema. Building it without the
serializer takes a fraction of the time, and lists count variants in the database instead of loading them.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from backend.api import money
from backend.api.compiled_queries import CompiledColumns
from backend.catalog.images import pictures
from backend.catalog.models import Product
from backend.catalog.promoted import PromotedBy, add_live_values, promotion_shown

Card = dict[str, Any]
"""The representation that ProductCardSerializer describes."""


class CategoryOfCard(Protocol):
    """The category of a product."""

    @property
    def id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def slug(self) -> str: ...
    @property
    def path(self) -> str: ...


class ProductOfCard(Protocol):
    """The data of a product that its card shows; a database row and a search document provide it."""

    @property
    def id(self) -> int: ...
    @property
    def title(self) -> str: ...
    @property
    def slug(self) -> str: ...
    @property
    def brand(self) -> str: ...
    @property
    def category(self) -> CategoryOfCard | None: ...
    @property
    def seller_id(self) -> int: ...
    @property
    def price(self) -> Decimal: ...
    @property
    def discount_percentage(self) -> Decimal: ...
    @property
    def sale_price(self) -> Decimal: ...
    @property
    def lowest_price_30_days(self) -> Decimal | None: ...
    @property
    def promoted_by(self) -> Mapping[str, Any] | None: ...
    @property
    def currency(self) -> str: ...
    @property
    def flash_sale(self) -> bool: ...
    @property
    def best_seller_product(self) -> bool: ...
    @property
    def featured_product(self) -> bool: ...
    @property
    def rating_average(self) -> Decimal | None: ...
    @property
    def rating_count(self) -> int: ...
    @property
    def image_url(self) -> str | None: ...
    @property
    def thumbnail_url(self) -> str | None: ...


class CategoryRow(NamedTuple):
    """The columns of a category."""

    id: int
    name: str
    slug: str
    path: str


class CardRow(NamedTuple):
    """The columns of a product that its card shows, in the order of CARD_COLUMNS."""

    id: int
    title: str
    slug: str
    brand: str
    seller_id: int
    price: Decimal
    discount_percentage: Decimal
    sale_price: Decimal
    lowest_price_30_days: Decimal | None
    promoted_by: PromotedBy | None
    currency: str
    flash_sale: bool
    best_seller_product: bool
    featured_product: bool
    rating_average: Decimal | None
    rating_count: int
    image_urls: list[str]
    pictures: list[pictures.Picture]
    category_id: int
    category_name: str
    category_slug: str
    category_path: str

    @property
    def category(self) -> CategoryRow:
        """The product's category."""
        return CategoryRow(self.category_id, self.category_name, self.category_slug, self.category_path)

    @property
    def image_url(self) -> str | None:
        """The address of the first image."""
        return pictures.cover_url(self.pictures, self.image_urls)

    @property
    def thumbnail_url(self) -> str | None:
        """The address of the first image as lists show it."""
        return pictures.cover_thumbnail_url(self.pictures, self.image_urls)


CARD_COLUMNS = (*CardRow._fields[:-3], "category__name", "category__slug", "category__path")
card_columns = CompiledColumns(lambda: Product.objects.values_list(*CARD_COLUMNS))
"""CARD_COLUMNS, for statements that join `catalog_product` with `catalog_category`."""
# Written as SQL, because the ORM takes longer to compile this query than the database to execute it.
COUNT_VARIANTS = """
    SELECT product_id, COUNT(*), SUM(stock - reserved)
    FROM catalog_variant
    WHERE is_active AND product_id IN ({ids})
    GROUP BY product_id
"""


def card(product: ProductOfCard, *, variant_count: int, in_stock: bool) -> Card:
    """Return the card of a product with `variant_count` active variants; `add_live_values` completes it."""
    currency, rating, category = product.currency, product.rating_average, product.category
    return {
        "id": product.id,
        "title": product.title,
        "slug": product.slug,
        "brand": product.brand,
        "category": category
        and {"id": category.id, "name": category.name, "slug": category.slug, "path": category.path},
        "seller": product.seller_id,
        "price": money.written(product.price, currency=currency),
        "discount_percentage": two_places(product.discount_percentage),
        "sale_price": money.written(product.sale_price, currency=currency),
        "lowest_price_30_days": written_or_none(product.lowest_price_30_days, currency=currency),
        "promotion": promotion_shown(product.promoted_by),
        "currency": currency,
        "flash_sale": product.flash_sale,
        "best_seller_product": product.best_seller_product,
        "featured_product": product.featured_product,
        "rating_average": None if rating is None else two_places(rating),
        "rating_count": product.rating_count,
        "in_stock": in_stock,
        "variant_count": variant_count,
        "image_url": product.image_url,
        "thumbnail_url": product.thumbnail_url or product.image_url,
    }


def cards(rows: QuerySet[Product], *, now: datetime | None = None) -> list[Card]:
    """Return the cards of the products in `rows`, in the same order, in two queries.

    One more is needed if a promotion with a number of units is shown.
    """
    found = [CardRow(*row) for row in rows.values_list(*CARD_COLUMNS)]
    counted = _variants_counted([row.id for row in found])
    made = [
        card(row, variant_count=count, in_stock=units > 0)
        for row in found
        for count, units in [counted.get(row.id, (0, 0))]
    ]
    add_live_values(made, now=now or timezone.now())
    return made


def written_or_none(amount: Decimal | None, *, currency: str) -> str | None:
    """Return an amount as text, or None."""
    return None if amount is None else money.written(amount, currency=currency)


def two_places(number: Decimal) -> str:
    """Return a percentage or a rating as text."""
    return f"{number:.2f}"


def _variants_counted(product_ids: Sequence[int]) -> Mapping[int, tuple[int, int]]:
    """Return the number of active variants and of their available units, by product."""
    if not product_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(COUNT_VARIANTS.format(ids=", ".join(["%s"] * len(product_ids))), product_ids)
        return {product_id: (count, units) for product_id, count, units in cursor.fetchall()}
