"""Stores what promotions make of the price of one unit; `backend.promotions.display_prices` computes it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Prefetch, QuerySet

from backend.catalog.models import Product, Variant
from backend.catalog.price_changes import price_changed, prices_of
from backend.catalog.pricing import (
    PRODUCT_PRICES,
    VARIANT_PRICES,
    is_in_flash_sale,
    reprice,
    take_cheapest,
)
from backend.catalog.promoted import PromotedBy
from backend.outbox.services import publish_many
from backend.outbox.topics import Topic


class ReducedPrice(NamedTuple):
    """The price of one unit after promotions, and the promotion that is shown."""

    price: Decimal
    promoted_by: PromotedBy


Reductions = Mapping[int, ReducedPrice]
"""Reduced prices by variant id; other variants have none."""


def products_with_variants(product_ids: Collection[int]) -> list[Product]:
    """Return the existing products with their categories and variants, in three queries."""
    return list(
        _loaded(Product.objects.existing().filter(pk__in=product_ids), variants=Variant.objects.all())
    )


def locked_products(product_ids: Collection[int]) -> list[Product]:
    """Return the existing products, and lock them and their variants, each in the order of ids."""
    locked = Product.objects.existing().select_for_update(of=("self",), no_key=True)
    variants = Variant.objects.select_for_update(no_key=True)
    return list(_loaded(locked.filter(pk__in=product_ids), variants=variants))


def _loaded(products: QuerySet[Product], *, variants: QuerySet[Variant]) -> QuerySet[Product]:
    ordered = Prefetch("variants", queryset=variants.order_by("pk"))
    return products.select_related("category").prefetch_related(ordered).order_by("pk")


def differs(product: Product, *, reductions: Reductions) -> bool:
    """Return whether the variants' stored reductions are other ones, or the product's flag doesn't fit."""
    variants = list(product.variants.all())
    if any(_stored(variant) != reductions.get(variant.pk) for variant in variants):
        return True
    return product.flash_sale != is_in_flash_sale(variants)


def store_reductions(products: Sequence[Product], *, reductions: Reductions, now: datetime) -> list[int]:
    """Store the reductions of locked products; return and publish the ids of those that changed.

    It is the only writer of `reduced_price` and `promoted_by`.
    """
    changed = [product for product in products if differs(product, reductions=reductions)]
    variants = [variant for product in changed for variant in product.variants.all()]
    before = prices_of(variants)
    for variant in variants:
        _set(variant, reductions.get(variant.pk))
    for product in changed:
        reprice(product, list(product.variants.all()))
    price_changed(before, variants, now=now)
    for product in changed:
        take_cheapest(product, list(product.variants.all()))
        product.updated_at = now
    Variant.unpublished.bulk_update(variants, VARIANT_PRICES, batch_size=500)
    Product.unpublished.bulk_update(changed, [*PRODUCT_PRICES, "updated_at"], batch_size=500)
    ids = [product.pk for product in changed]
    publish_many(Topic.PRODUCT, ids)
    return ids


def reduced_product_ids() -> Iterable[int]:
    """Return the ids of the products with a reduced variant."""
    rows = Variant.objects.filter(reduced_price__isnull=False).order_by("product_id")
    return rows.values_list("product_id", flat=True).distinct()


def _stored(variant: Variant) -> ReducedPrice | None:
    if variant.reduced_price is None or variant.promoted_by is None:
        return None
    return ReducedPrice(variant.reduced_price, variant.promoted_by)


def _set(variant: Variant, reduction: ReducedPrice | None) -> None:
    variant.reduced_price, variant.promoted_by = reduction or (None, None)
