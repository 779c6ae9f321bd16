"""The pages of products; ProductSerializer describes the same representation to the API's schema."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils import timezone

from backend.api import money
from backend.api.compiled_queries import CompiledQuery
from backend.catalog.cards import CARD_COLUMNS, CardRow, card, two_places, written_or_none
from backend.catalog.errors import ProductNotFound
from backend.catalog.images import pictures
from backend.catalog.models import Product, Variant
from backend.catalog.promoted import PromotedBy, add_live_values, promotion_shown
from backend.catalog.ratings import STAR_COLUMNS, written_histogram
from backend.catalog.visibility import Ownership, require_visible

PAGE_COLUMNS = (
    "description",
    "attributes",
    "tax_class",
    "is_active",
    "popularity",
    *STAR_COLUMNS,
    "created_at",
    "updated_at",
    "seller__first_name",
    "seller__last_name",
)


class PageRow(NamedTuple):
    """The columns that a product's page shows in addition to its card, in the order of PAGE_COLUMNS."""

    description: str
    attributes: dict[str, Any]
    tax_class: str
    is_active: bool
    popularity: int
    stars_1: int
    stars_2: int
    stars_3: int
    stars_4: int
    stars_5: int
    created_at: datetime
    updated_at: datetime
    seller_first_name: str
    seller_last_name: str


class VariantRow(NamedTuple):
    """The columns of a variant that a page shows."""

    id: int
    name: str
    sku: str
    attributes: dict[str, Any]
    price_modifier: Decimal
    discount_percentage: Decimal | None
    sale_price: Decimal
    lowest_price_30_days: Decimal | None
    promoted_by: PromotedBy | None
    stock: int
    reserved: int
    weight_grams: int | None
    is_active: bool
    image_url: str

    @property
    def available(self) -> int:
        """The units that can be sold now."""
        return self.stock - self.reserved


_product = CompiledQuery(
    lambda key: Product.objects.existing().filter(pk=key).values_list(*CARD_COLUMNS, *PAGE_COLUMNS)
)
_variants = CompiledQuery(
    lambda key: Variant.objects.filter(product_id=key).order_by("pk").values_list(*VariantRow._fields)
)


def product_page(product_id: int, *, user: object, now: datetime | None = None) -> dict[str, Any]:
    """Return a product's page, in two queries; only the seller and staff see inactive variants.

    One more is needed if a promotion with a number of units is shown.

    Raises:
        ProductNotFound: it doesn't exist, or is unlisted and the user is neither its seller nor staff.
    """
    row = next(iter(_product.rows(product_id)), None)
    if row is None:
        raise ProductNotFound(product_id=product_id)
    product, page = CardRow(*row[: len(CARD_COLUMNS)]), PageRow(*row[len(CARD_COLUMNS) :])
    ownership = Ownership(product.seller_id, page.is_active)
    require_visible(product_id, ownership=ownership, user=user)
    sees_inactive = ownership.is_changeable_by(user)
    variants = [VariantRow(*columns) for columns in _variants.rows(product_id)]
    shown = _page(product, page, [variant for variant in variants if variant.is_active or sees_inactive])
    add_live_values([shown, *shown["variants"]], now=now or timezone.now())
    return shown


def product_images(product_id: int, *, user: object) -> list[dict[str, Any]]:
    """Return the images of a product, as ProductImageSerializer describes them, in one query.

    Raises:
        ProductNotFound: it doesn't exist, or is unlisted and the user is neither its seller nor staff.
    """
    rows = Product.objects.existing().filter(pk=product_id)
    row = rows.values_list("seller_id", "is_active", "pictures", "image_urls").first()
    if row is None:
        raise ProductNotFound(product_id=product_id)
    seller_id, is_active, uploaded, image_urls = row
    require_visible(product_id, ownership=Ownership(seller_id, is_active), user=user)
    return pictures.shown_images(uploaded, image_urls)


def _page(product: CardRow, page: PageRow, variants: Sequence[VariantRow]) -> dict[str, Any]:
    active = [variant for variant in variants if variant.is_active]
    available = sum(variant.available for variant in active)
    uploaded = pictures.variant_urls(product.pictures)
    return {
        **card(product, variant_count=len(active), in_stock=available > 0),
        "seller_name": f"{page.seller_first_name} {page.seller_last_name}".strip(),
        "description": page.description,
        "attributes": _attributes(page.attributes),
        "image_urls": product.image_urls,
        "images": pictures.shown_images(product.pictures, product.image_urls),
        "tax_class": page.tax_class,
        "is_active": page.is_active,
        "popularity": page.popularity,
        "rating_histogram": written_histogram(
            (page.stars_1, page.stars_2, page.stars_3, page.stars_4, page.stars_5)
        ),
        "stock": sum(variant.stock for variant in variants),
        "available": available,
        "variants": [_variant(product, variant, uploaded) for variant in variants],
        "created_at": _time(page.created_at),
        "updated_at": _time(page.updated_at),
    }


def _variant(product: CardRow, variant: VariantRow, uploaded: Mapping[int, str]) -> dict[str, Any]:
    currency, discount = product.currency, variant.discount_percentage
    return {
        "id": variant.id,
        "product": product.id,
        "name": variant.name,
        "sku": variant.sku,
        "attributes": _attributes(variant.attributes),
        "price_modifier": money.written(variant.price_modifier, currency=currency),
        "price": money.written(product.price + variant.price_modifier, currency=currency),
        "discount_percentage": None if discount is None else two_places(discount),
        "sale_price": money.written(variant.sale_price, currency=currency),
        "lowest_price_30_days": written_or_none(variant.lowest_price_30_days, currency=currency),
        "promotion": promotion_shown(variant.promoted_by),
        "stock": variant.stock,
        "available": variant.available,
        "weight_grams": variant.weight_grams,
        "is_active": variant.is_active,
        "image_url": uploaded.get(variant.id, variant.image_url),
    }


def _attributes(values: Mapping[str, Any]) -> dict[str, str | None]:
    return {name: None if value is None else str(value) for name, value in values.items()}


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
