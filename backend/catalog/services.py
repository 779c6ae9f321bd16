"""Changes to the catalogue; each is published through the outbox in the same transaction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.text import slugify

from backend.api import money
from backend.api.errors import InvalidInput
from backend.audit.actors import Actor
from backend.audit.services import differences, record
from backend.catalog.errors import ProductNotFound
from backend.catalog.models import Category, Product, Variant
from backend.catalog.pricing import reprice
from backend.outbox.services import publish, publish_many
from backend.outbox.topics import Topic

PRICE_FIELDS = frozenset({"price", "discount_percentage", "currency"})
DERIVED = ("slug", "sale_price")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVariant:
    """A variant to create; its stock is recorded in the ledger later."""

    sku: str
    name: str = ""
    price_modifier: Decimal = Decimal(0)
    attributes: Mapping[str, str] = field(default_factory=dict)
    image_url: str = ""


def slug_of(title: str) -> str:
    """Return the readable part of a product's URL; it need not be unique, because the URL also has the id."""
    return slugify(title)[:300] or "product"


def create_product(
    *,
    title: str,
    category: Category,
    seller_id: int,
    price: Decimal,
    currency: str,
    variants: Sequence[NewVariant],
    by: Actor,
    now: datetime,
    **fields: Any,
) -> Product:
    """Create a product with its variants; `fields` are other columns of Product.

    Raises:
        InvalidInput: there is no variant, a SKU is taken, an amount has too many decimal places, or a
            variant's price would be negative or too high to store.
        UnknownCurrency: there is no such currency.
    """
    if not variants:
        raise InvalidInput(variants=["A product needs at least one variant."])
    money.require_precise(currency, price=price)
    money.require_precise(
        currency,
        **{
            f"variants.{index}.price_modifier": variant.price_modifier
            for index, variant in enumerate(variants)
        },
    )
    with transaction.atomic():
        _require_free_skus([variant.sku for variant in variants])
        product = Product(
            title=title,
            slug=slug_of(title),
            category=category,
            seller_id=seller_id,
            price=price,
            currency=currency,
            created_at=now,
            **fields,
        )
        rows = [_variant_of(product, new) for new in variants]
        reprice(product, rows)
        product.save()
        Variant.objects.bulk_create(rows)
        record(
            "catalog.product_created",
            by=by,
            subject=product,
            changes={name: (None, getattr(product, name)) for name in ("title", "price", "currency")},
        )
        publish(Topic.PRODUCT, product.pk)
    return product


def _require_free_skus(skus: Sequence[str]) -> None:
    taken = sorted(Variant.objects.filter(sku__in=skus).values_list("sku", flat=True))
    if taken or len(set(skus)) < len(skus):
        raise InvalidInput(sku=[f"Taken or given twice: {', '.join(taken) or 'see the list'}."])


def _variant_of(product: Product, new: NewVariant) -> Variant:
    return Variant(
        product=product,
        name=new.name,
        sku=new.sku,
        price_modifier=new.price_modifier,
        attributes=dict(new.attributes),
        image_url=new.image_url,
    )


def update_product(product_id: int, *, changes: Mapping[str, Any], by: Actor) -> Product:
    """Apply `changes` (new values by column) and return the product.

    Raises:
        ProductNotFound: there is no such product.
        InvalidInput: the price has too many decimal places, or a variant's price would be negative or too
            high to store.
    """
    with transaction.atomic():
        # A full FOR UPDATE would block checkouts, whose order items reference the product.
        rows = Product.objects.select_for_update(no_key=True)
        product = rows.filter(pk=product_id, deleted_at=None).first()
        if product is None:
            raise ProductNotFound(product_id=product_id)
        before = {name: getattr(product, name) for name in (*changes, *DERIVED)}
        for name, value in changes.items():
            setattr(product, name, value)
        if "title" in changes:
            product.slug = slug_of(product.title)
        if PRICE_FIELDS & changes.keys():
            money.require_precise(product.currency, price=product.price)
            _reprice(product)
        product.save()
        changed = differences(before, {name: getattr(product, name) for name in before})
        if changed:
            record("catalog.product_updated", by=by, subject=product, changes=changed)
        publish(Topic.PRODUCT, product.pk)
    return product


def _reprice(product: Product) -> None:
    variants = list(product.variants.select_for_update(no_key=True).order_by("pk"))
    reprice(product, variants)
    Variant.objects.bulk_update(variants, ["sale_price"])


def delete_product(product_id: int, *, by: Actor, now: datetime) -> None:
    """Remove the product from the shop; orders still reference it.

    Raises:
        ProductNotFound: there is no such product.
    """
    with transaction.atomic():
        if not Product.objects.filter(pk=product_id, deleted_at=None).update(deleted_at=now, updated_at=now):
            raise ProductNotFound(product_id=product_id)
        record("catalog.product_deleted", by=by, subject=(Product._meta.label, str(product_id)))
        publish(Topic.PRODUCT, product_id)


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
            Product.objects.bulk_update(chunk, ["popularity"])
            record(
                "catalog.popularity_changed",
                by=by,
                subject=(Product._meta.label, ""),
                changes={"products": (None, len(chunk))},
            )
            publish_many(Topic.PRODUCT, [product.pk for product in chunk])
    return len(changed)


def products_changed(product_ids: Collection[int]) -> None:
    """Publish that data shown with these products, such as stock, changed in the caller's transaction."""
    publish_many(Topic.PRODUCT, sorted(product_ids))
