"""Changes to the catalogue; each is published through the outbox in the same transaction."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from backend.api import money
from backend.api.errors import InvalidInput
from backend.audit.actors import Actor
from backend.audit.services import differences, record
from backend.catalog.categories import hold_category
from backend.catalog.descriptions import without_scripts
from backend.catalog.errors import ProductNotFound
from backend.catalog.models import Category, Product
from backend.catalog.price_changes import prices_of
from backend.catalog.pricing import reprice
from backend.catalog.slugs import claim, slug_of
from backend.catalog.variant_services import (
    NewVariant,
    insert,
    locked_product,
    locked_variants,
    new_row,
    reprice_all,
    require_valid,
)
from backend.outbox.services import publish_many
from backend.outbox.topics import Topic

PRICE_FIELDS = frozenset({"price", "discount_percentage", "currency"})
DERIVED = ("slug", "sale_price")


def create_product(
    *,
    title: str,
    category: Category,
    seller_id: int,
    price: Decimal,
    currency: str,
    variants: Sequence[NewVariant],
    description: str = "",
    by: Actor,
    now: datetime,
    **fields: Any,
) -> Product:
    """Create a product with its variants; `fields` are other columns of Product.

    Scripts and styles are removed from HTML in the description.

    Raises:
        InvalidInput: there is no variant, a SKU is given twice, an amount has too many decimal places, or a
            variant's price would be negative or too high to store, or the category was deleted since it was
            read.
        SkuTaken: another variant has one of the SKUs.
        UnknownCurrency: there is no such currency.
    """
    if not variants:
        raise InvalidInput(variants=["A product needs at least one variant."])
    money.require_precise(currency, price=price)
    require_valid(variants, currency=currency)
    with transaction.atomic():
        hold_category(category)
        product = Product(
            title=title,
            slug=slug_of(title),
            category=category,
            seller_id=seller_id,
            price=price,
            currency=currency,
            description=without_scripts(description),
            created_at=now,
            **fields,
        )
        rows = [new_row(product, variant) for variant in variants]
        reprice(product, rows)
        product.save()
        if claim([product]):
            Product.unpublished.filter(pk=product.pk).update(slug=product.slug)
        insert(rows)
        record(
            "catalog.product_created",
            by=by,
            subject=product,
            changes={name: (None, getattr(product, name)) for name in ("title", "price", "currency")},
        )
    return product


def update_product(
    product_id: int, *, changes: Mapping[str, Any], by: Actor, now: datetime | None = None
) -> Product:
    """Apply `changes` (new values by column) and return the product.

    Prices change at `now`, by default the clock's time. Scripts and styles are removed from HTML in the
    description.

    Raises:
        ProductNotFound: there is no such product.
        InvalidInput: the price has too many decimal places, a variant's price would be negative or too high
            to store, or the new category was deleted since it was read.
    """
    changes = dict(changes)
    if "description" in changes:
        changes["description"] = without_scripts(changes["description"])
    with transaction.atomic():
        product = locked_product(product_id)
        if "category" in changes:
            hold_category(changes["category"])
        is_repriced = bool(PRICE_FIELDS & changes.keys())
        variants = locked_variants(product) if is_repriced else []
        prices = prices_of(variants)
        before = {name: getattr(product, name) for name in (*changes, *DERIVED)}
        for name, value in changes.items():
            setattr(product, name, value)
        if "title" in changes:
            claim([product])
        if is_repriced:
            money.require_precise(product.currency, price=product.price)
            reprice_all(product, variants, before=prices, now=now)
        product.save()
        changed = differences(before, {name: getattr(product, name) for name in before})
        if changed:
            record("catalog.product_updated", by=by, subject=product, changes=changed)
    return product


def delete_product(product_id: int, *, by: Actor, now: datetime) -> None:
    """Remove the product from the shop; orders still reference it.

    Raises:
        ProductNotFound: there is no such product.
    """
    with transaction.atomic():
        if not Product.objects.filter(pk=product_id, deleted_at=None).update(deleted_at=now, updated_at=now):
            raise ProductNotFound(product_id=product_id)
        deleted = Product.objects.get(pk=product_id)
        record(
            "catalog.product_deleted",
            by=by,
            subject=deleted,
            changes={name: (getattr(deleted, name), None) for name in ("title", "price", "currency")},
        )


def set_popularity(popularity: Mapping[int, int], *, by: Actor) -> int:
    """Store the units sold by product id, and 0 for other products; return how many products changed."""
    products = Product.objects.filter(deleted_at=None).only("pk", "popularity")
    changed = []
    for product in products.iterator(chunk_size=5_000):
        units = max(0, popularity.get(product.pk, 0))
        if units != product.popularity:
            product.popularity = units
            changed.append(product)
    for start in range(0, len(changed), 1_000):
        chunk = changed[start : start + 1_000]
        with transaction.atomic():
            Product.unpublished.bulk_update(chunk, ["popularity"])
            record(
                "catalog.popularity_changed",
                by=by,
                subject=(Product._meta.label, ""),
                changes={"products": (None, len(chunk))},
            )
            publish_many(Topic.PRODUCT, [product.pk for product in chunk])
    return len(changed)


def set_best_sellers(product_ids: Collection[int], *, by: Actor) -> int:
    """Mark these products, and no others, as best sellers; return how many products changed."""
    with transaction.atomic():
        marked = set(Product.objects.filter(best_seller_product=True).values_list("pk", flat=True))
        new, old = set(product_ids) - marked, marked - set(product_ids)
        for ids, flag in ((new, True), (old, False)):
            rows = Product.unpublished.filter(pk__in=ids, deleted_at=None)
            rows.update(best_seller_product=flag)
        if new or old:
            record(
                "catalog.best_sellers_changed",
                by=by,
                subject=(Product._meta.label, ""),
                changes={"added": (None, len(new)), "removed": (None, len(old))},
            )
            publish_many(Topic.PRODUCT, sorted(new | old))
    return len(new | old)


def products_changed(product_ids: Collection[int]) -> None:
    """Publish changes to data that is shown with these products, such as stock."""
    publish_many(Topic.PRODUCT, sorted(product_ids))
