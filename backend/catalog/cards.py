"""Products as lists and their own pages show them, read as columns instead of model instances.

The serializers in `serializers.py` describe the same representation to the API's schema. Building it from
columns takes a fraction of their time, and lists count variants in the database instead of loading them.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from backend.api import money
from backend.catalog.errors import ProductNotFound
from backend.catalog.images import pictures
from backend.catalog.models import Product, Variant
from backend.catalog.selectors import may_change_products_of

Card = dict[str, Any]
"""What ProductCardSerializer describes."""

CATEGORY_COLUMNS = ("category_id", "category__name", "category__slug", "category__path")
CARD_COLUMNS = (
    "id",
    "title",
    "slug",
    "brand",
    *CATEGORY_COLUMNS,
    "seller_id",
    "price",
    "discount_percentage",
    "sale_price",
    "currency",
    "flash_sale",
    "best_seller_product",
    "featured_product",
    "rating_average",
    "rating_count",
    "image_urls",
    "pictures",
)
PAGE_COLUMNS = (
    *CARD_COLUMNS,
    "seller__first_name",
    "seller__last_name",
    "description",
    "attributes",
    "is_active",
    "popularity",
    "created_at",
    "updated_at",
)
VARIANT_COLUMNS = (
    "id",
    "name",
    "sku",
    "attributes",
    "price_modifier",
    "discount_percentage",
    "sale_price",
    "stock",
    "reserved",
    "is_active",
    "image_url",
)
# Not left to the ORM, which takes longer to compile this query than the database to answer it.
COUNT_VARIANTS = """
    SELECT product_id, COUNT(*), SUM(stock - reserved)
    FROM catalog_variant
    WHERE is_active AND product_id IN ({ids})
    GROUP BY product_id
"""


def cards(rows: QuerySet[Product]) -> list[Card]:
    """Return the cards of the products in `rows`, in the same order, in two queries."""
    found = [dict(zip(CARD_COLUMNS, row, strict=True)) for row in rows.values_list(*CARD_COLUMNS)]
    counted = _variants_counted([row["id"] for row in found])
    return [_card(row, *counted.get(row["id"], (0, 0))) for row in found]


def cards_by_id(product_ids: Collection[int]) -> dict[int, Card]:
    """Return the cards of those of the products that are listed, in two queries."""
    return {card["id"]: card for card in cards(Product.objects.listed().filter(pk__in=product_ids))}


def product_page(product_id: int, *, user: object) -> dict[str, Any]:
    """Return what ProductSerializer describes, in two queries; inactive variants for seller and staff only.

    Raises:
        ProductNotFound: it doesn't exist, or is unlisted and the user is neither its seller nor staff.
    """
    rows = Product.objects.existing().filter(pk=product_id)
    found = rows.values_list(*PAGE_COLUMNS).first()
    row = dict(zip(PAGE_COLUMNS, found, strict=True)) if found else {}
    sees_inactive = bool(row) and may_change_products_of(row["seller_id"], user=user)
    if not row or not (row["is_active"] or sees_inactive):
        raise ProductNotFound(product_id=product_id)
    variants = Variant.objects.filter(product_id=product_id).order_by("pk")
    if not sees_inactive:
        variants = variants.filter(is_active=True)
    columns = variants.values_list(*VARIANT_COLUMNS)
    return _page(row, [dict(zip(VARIANT_COLUMNS, one, strict=True)) for one in columns])


def product_images(product_id: int, *, user: object) -> list[dict[str, Any]]:
    """Return what ProductImageSerializer describes for each image of the product, in one query.

    Raises:
        ProductNotFound: it doesn't exist, or is unlisted and the user is neither its seller nor staff.
    """
    rows = Product.objects.existing().filter(pk=product_id)
    found = rows.values_list("seller_id", "is_active", "pictures", "image_urls").first()
    if found is None or not (found[1] or may_change_products_of(found[0], user=user)):
        raise ProductNotFound(product_id=product_id)
    return pictures.shown_images(*found[2:])


def _variants_counted(product_ids: Sequence[int]) -> Mapping[int, tuple[int, int]]:
    """Return the number of active variants and of their available units, by product."""
    if not product_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(COUNT_VARIANTS.format(ids=", ".join(["%s"] * len(product_ids))), product_ids)
        return {product_id: (count, units) for product_id, count, units in cursor.fetchall()}


def _page(row: Mapping[str, Any], variants: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    active = [variant for variant in variants if variant["is_active"]]
    available = sum(variant["stock"] - variant["reserved"] for variant in active)
    uploaded = pictures.variant_urls(row["pictures"])
    return {
        **_card(row, len(active), available),
        "seller_name": f"{row['seller__first_name']} {row['seller__last_name']}".strip(),
        "description": row["description"],
        "attributes": _attributes(row["attributes"]),
        "image_urls": row["image_urls"],
        "images": pictures.shown_images(row["pictures"], row["image_urls"]),
        "is_active": row["is_active"],
        "popularity": row["popularity"],
        "stock": sum(variant["stock"] for variant in variants),
        "available": available,
        "variants": [_variant(row, variant, uploaded) for variant in variants],
        "created_at": _time(row["created_at"]),
        "updated_at": _time(row["updated_at"]),
    }


def _card(row: Mapping[str, Any], variant_count: int, available: int) -> Card:
    currency, rating = row["currency"], row["rating_average"]
    images = row["pictures"], row["image_urls"]
    return {
        "id": row["id"],
        "title": row["title"],
        "slug": row["slug"],
        "brand": row["brand"],
        "category": {
            "id": row["category_id"],
            "name": row["category__name"],
            "slug": row["category__slug"],
            "path": row["category__path"],
        },
        "seller": row["seller_id"],
        "price": money.written(row["price"], currency=currency),
        "discount_percentage": _two_places(row["discount_percentage"]),
        "sale_price": money.written(row["sale_price"], currency=currency),
        "currency": currency,
        "flash_sale": row["flash_sale"],
        "best_seller_product": row["best_seller_product"],
        "featured_product": row["featured_product"],
        "rating_average": None if rating is None else _two_places(rating),
        "rating_count": row["rating_count"],
        "in_stock": available > 0,
        "variant_count": variant_count,
        "image_url": pictures.cover_url(*images),
        "thumbnail_url": pictures.cover_thumbnail_url(*images),
    }


def _variant(
    product: Mapping[str, Any], variant: Mapping[str, Any], uploaded: Mapping[int, str]
) -> dict[str, Any]:
    currency = product["currency"]
    modifier, discount = variant["price_modifier"], variant["discount_percentage"]
    return {
        "id": variant["id"],
        "product": product["id"],
        "name": variant["name"],
        "sku": variant["sku"],
        "attributes": _attributes(variant["attributes"]),
        "price_modifier": money.written(modifier, currency=currency),
        "price": money.written(product["price"] + modifier, currency=currency),
        "discount_percentage": None if discount is None else _two_places(discount),
        "sale_price": money.written(variant["sale_price"], currency=currency),
        "stock": variant["stock"],
        "available": variant["stock"] - variant["reserved"],
        "is_active": variant["is_active"],
        "image_url": uploaded.get(variant["id"], variant["image_url"]),
    }


def _attributes(values: Mapping[str, Any]) -> dict[str, str | None]:
    return {name: None if value is None else str(value) for name, value in values.items()}


def _two_places(number: Decimal) -> str:
    return f"{number:.2f}"


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
