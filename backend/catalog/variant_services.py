"""Changes to variants; each is published through the outbox in the same transaction.

Locks are taken in this order: the product, then its variants by id. Checkouts lock variants by id as well,
and never the product.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import IntegrityError, OperationalError, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from backend.api import money
from backend.api.errors import InvalidInput
from backend.audit.actors import Actor
from backend.audit.services import differences, record
from backend.catalog.attributes import require_same_spelling
from backend.catalog.errors import LastVariant, ProductNotFound, SkuTaken, VariantNotFound
from backend.catalog.images.columns import store_pictures
from backend.catalog.models import Product, Variant
from backend.catalog.price_changes import Prices, price_changed, prices_of
from backend.catalog.pricing import PRODUCT_PRICES, VARIANT_PRICES, reprice, take_cheapest

PRICE_FIELDS = frozenset({"price_modifier", "discount_percentage", "is_active"})
MAX_VARIANTS = 500
POSTGRESQL_DEADLOCK = "40P01"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVariant:
    """A variant to create; its stock is recorded in the ledger later.

    If `discount_percentage` is None, the product's discount applies.
    """

    sku: str
    name: str = ""
    price_modifier: Decimal = Decimal(0)
    discount_percentage: Decimal | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    image_url: str = ""
    weight_grams: int | None = None
    is_active: bool = True


def create_variants(product_id: int, *, variants: Sequence[NewVariant], by: Actor) -> list[Variant]:
    """Add variants to a product, all or none, and return them.

    Raises:
        ProductNotFound: there is no such product.
        InvalidInput: a SKU is given twice, an amount has too many decimal places, a variant's price would be
            negative or too high to store, the product would have too many variants, or an attribute's name
            differs in case from that of another variant.
        SkuTaken: another variant has one of the SKUs.
    """
    with transaction.atomic():
        return add_variants(locked_product(product_id), variants=variants, by=by)


def add_variants(product: Product, *, variants: Sequence[NewVariant], by: Actor) -> list[Variant]:
    """Add variants as `create_variants` does, to a product that the caller has locked."""
    require_valid(variants, currency=product.currency)
    present = locked_variants(product)
    if len(present) + len(variants) > MAX_VARIANTS:
        raise InvalidInput(variants=[f"A product has at most {MAX_VARIANTS} variants."])
    names = {name for variant in variants for name in variant.attributes}
    require_same_spelling(names, present=[variant.attributes for variant in present])
    rows = [new_row(product, variant) for variant in variants]
    reprice_all(product, [*present, *rows], before=prices_of(present))
    insert(rows)
    product.save(update_fields=[*PRODUCT_PRICES, "updated_at"])
    skus = [row.sku for row in rows]
    record("catalog.variants_created", by=by, subject=product, changes={"skus": (None, skus)})
    return rows


def update_variant(
    variant_id: int, *, product_id: int, changes: Mapping[str, Any], by: Actor, now: datetime | None = None
) -> Variant:
    """Apply `changes` (new values by column) and return the variant.

    Prices change at `now`, by default the clock's time.

    Raises:
        ProductNotFound: there is no such product.
        VariantNotFound: the product has no such variant.
        InvalidInput: an amount has too many decimal places, or the variant's price would be negative or too
            high to store.
        SkuTaken: another variant has the new SKU.
    """
    with transaction.atomic():
        product = locked_product(product_id)
        variants = locked_variants(product)
        variant = _among(variants, variant_id=variant_id)
        others = [row.attributes for row in variants if row.pk != variant_id]
        require_same_spelling(changes.get("attributes", ()), present=others)
        prices = prices_of(variants)
        before = {name: getattr(variant, name) for name in (*changes, "sale_price")}
        for name, value in changes.items():
            setattr(variant, name, value)
        money.require_precise(product.currency, price_modifier=variant.price_modifier)
        if PRICE_FIELDS & changes.keys():
            reprice_all(product, variants, before=prices, now=now)
            product.save(update_fields=[*PRODUCT_PRICES, "updated_at"])
        save = partial(variant.save, update_fields=list(changes))
        _write(save, skus=[variant.sku], own=variant_id)
        changed = differences(before, {name: getattr(variant, name) for name in before})
        if changed:
            record("catalog.variant_updated", by=by, subject=variant, changes=changed)
    return variant


def delete_variant(variant_id: int, *, product_id: int, by: Actor) -> bool:
    """Delete a variant, or deactivate one that was stocked or ordered; return whether it remains.

    Orders and the ledger keep their references to a variant.

    Raises:
        ProductNotFound: there is no such product.
        VariantNotFound: the product has no such variant.
        LastVariant: the product has no other variant.
    """
    with transaction.atomic():
        product = locked_product(product_id)
        variants = locked_variants(product)
        variant = _among(variants, variant_id=variant_id)
        others = [row for row in variants if row.pk != variant_id]
        if not others:
            raise LastVariant(variant_id=variant_id)
        subject = Variant._meta.label, str(variant_id)
        if remains := not _delete_unreferenced(variant):
            variant.is_active = False
            variant.save(update_fields=["is_active"])
        kept = variants if remains else others
        reprice_all(product, kept, before=prices_of(kept))
        store_pictures(product)
        product.save(update_fields=[*PRODUCT_PRICES, "updated_at"])
        if remains:
            record(
                "catalog.variant_deactivated", by=by, subject=subject, changes={"is_active": (True, False)}
            )
        else:
            record(
                "catalog.variant_deleted",
                by=by,
                subject=subject,
                changes={
                    name: (getattr(variant, name), None) for name in ("sku", "attributes", "price_modifier")
                },
            )
    return remains


def _delete_unreferenced(variant: Variant) -> bool:
    # The full lock waits for concurrent transactions that reference the variant, so that the check for
    # references sees their rows.
    row = Variant.objects.select_for_update().get(pk=variant.pk)
    try:
        row.delete()
    except ProtectedError:
        return False
    return True


def _among(variants: Sequence[Variant], *, variant_id: int) -> Variant:
    for variant in variants:
        if variant.pk == variant_id:
            return variant
    raise VariantNotFound(variant_id=variant_id)


def locked_product(product_id: int) -> Product:
    """Return the product, locked.

    Raises:
        ProductNotFound: there is no such product.
    """
    # A full FOR UPDATE would block checkouts, whose order items reference the product.
    rows = Product.objects.select_for_update(no_key=True)
    product = rows.filter(pk=product_id, deleted_at=None).first()
    if product is None:
        raise ProductNotFound(product_id=product_id)
    return product


def locked_variants(product: Product) -> list[Variant]:
    """Return the variants of a locked product, locked by id; each refers to this instance of the product."""
    variants = list(product.variants.select_for_update(no_key=True).order_by("pk"))
    for variant in variants:
        variant.product = product
    return variants


def reprice_all(
    product: Product,
    variants: Sequence[Variant],
    *,
    before: Mapping[int, Prices],
    now: datetime | None = None,
) -> None:
    """Set the prices of a product and of all its `variants`; store those of stored variants, and the history.

    `before` are the prices of the stored variants, read after they were locked.

    Raises:
        InvalidInput: a variant's price would be negative, or too high to store.
    """
    stored = {variant.pk: _priced(variant) for variant in variants if not variant._state.adding}
    reprice(product, variants)
    price_changed(before, variants, now=now or timezone.now())
    take_cheapest(product, variants)
    changed = [
        variant for variant in variants if stored.get(variant.pk, _priced(variant)) != _priced(variant)
    ]
    Variant.unpublished.bulk_update(changed, VARIANT_PRICES, batch_size=500)


def _priced(variant: Variant) -> tuple[Decimal | None, ...]:
    return tuple(getattr(variant, name) for name in VARIANT_PRICES)


def require_valid(variants: Sequence[NewVariant], *, currency: str) -> None:
    """Refuse new variants that are invalid regardless of the products that the shop has.

    Raises:
        InvalidInput: a SKU is given twice, or an amount has too many decimal places.
        UnknownCurrency: there is no such currency.
    """
    twice = sorted(sku for sku, times in Counter(variant.sku for variant in variants).items() if times > 1)
    if twice:
        raise InvalidInput(sku=[f"Given twice: {', '.join(twice)}."])
    modifiers = {
        f"variants.{index}.price_modifier": variant.price_modifier for index, variant in enumerate(variants)
    }
    money.require_precise(currency, **modifiers)


def new_row(product: Product, variant: NewVariant) -> Variant:
    """Return the row of a new variant, neither priced nor stored."""
    return Variant(
        product=product,
        name=variant.name,
        sku=variant.sku,
        price_modifier=variant.price_modifier,
        discount_percentage=variant.discount_percentage,
        sale_price=Decimal(0),
        attributes=dict(variant.attributes),
        image_url=variant.image_url,
        weight_grams=variant.weight_grams,
        is_active=variant.is_active,
    )


def insert(rows: Sequence[Variant]) -> None:
    """Store new variants of a product that has an id.

    Raises:
        SkuTaken: another variant has one of the SKUs.
    """
    _write(lambda: Variant.unpublished.bulk_create(rows, batch_size=500), skus=[row.sku for row in rows])


def _write(write: Callable[[], object], *, skus: Sequence[str], own: int | None = None) -> None:
    """Call `write`, which stores `skus`; `own` is the id of the variant that may have them already."""
    if taken := _taken(skus, own=own):
        raise SkuTaken(skus=taken)
    try:
        _write_or_wait(write)
    except IntegrityError as error:
        # The unique index waited for a concurrent transaction, which has now committed.
        if taken := _taken(skus, own=own):
            raise SkuTaken(skus=taken) from error
        raise


def _write_or_wait(write: Callable[[], object]) -> None:
    try:
        with transaction.atomic():
            write()
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) != POSTGRESQL_DEADLOCK:
            raise
        # A concurrent transaction stored the same SKUs in another order. Ending the savepoint has removed
        # ours, so that it can commit.
        with transaction.atomic():
            write()


def _taken(skus: Sequence[str], *, own: int | None) -> list[str]:
    rows = Variant.objects.filter(sku__in=skus).values_list("pk", "sku")
    return sorted(sku for pk, sku in rows if pk != own)
