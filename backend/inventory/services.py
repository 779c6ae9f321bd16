"""Changes to stock; apart from reservations.py and imports, no other module makes any."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F

from backend.api.errors import InvalidInput
from backend.api.expressions import number_by_key
from backend.audit import services as audit
from backend.audit.actors import Actor
from backend.catalog.errors import VariantNotFound
from backend.catalog.models import Variant
from backend.catalog.services import products_changed
from backend.inventory.availability import record_changes
from backend.inventory.errors import InsufficientStock
from backend.inventory.ledger import effect_of
from backend.inventory.models import InventoryTransaction, TransactionType
from backend.inventory.short_reservations import fill, take_held_units

CHUNK = 500
# The column's maximum in PostgreSQL.
MAX_STOCK = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A transaction to record; see InventoryTransaction for the sign of `quantity`."""

    variant_id: int
    transaction_type: str
    quantity: int
    reference: str = ""
    notes: str = ""


def record(entry: Entry, *, by: Actor, now: datetime) -> InventoryTransaction:
    """Record the entry, change the variant's stock, and return the transaction.

    Raises:
        InvalidInput: the quantity does not match the type, or the stock would be too large for the column.
        InsufficientStock: the stock would fall below zero, or below the reserved units if it isn't DAMAGE.
    """
    with transaction.atomic():
        (row,) = record_many([entry], by=by, now=now)
        stock = Variant.objects.values_list("stock", flat=True).get(pk=entry.variant_id)
        audit.record(
            "inventory.stock_changed",
            by=by,
            subject=(Variant._meta.label, str(entry.variant_id)),
            changes={"stock": (stock - row.effect, stock)},
        )
    return row


def record_many(entries: Sequence[Entry], *, by: Actor, now: datetime) -> list[InventoryTransaction]:
    """Record all entries or none, and return the transactions (5 queries for 500 variants).

    DAMAGE may take units of reservations, and units that arrive go to short reservations first
    (short_reservations.py). The ledger stores the author; the caller writes the audit log.

    Raises:
        InvalidInput: a quantity does not match its type, or a variant's stock would be too large for the
            column.
        InsufficientStock: a variant's stock would fall below zero, or below its reserved units by more than
            its DAMAGE.
    """
    rows = [row_of(entry, by=by, now=now) for entry in entries]
    change: Counter[int] = Counter()
    damaged: Counter[int] = Counter()
    for row in rows:
        change[row.variant_id] += row.effect
        if row.transaction_type == TransactionType.DAMAGE:
            damaged[row.variant_id] += row.quantity
    variant_ids = sorted(change)
    flipping: list[int] = []
    with transaction.atomic():
        for start in range(0, len(variant_ids), CHUNK):
            chunk = variant_ids[start : start + CHUNK]
            variants = lock_variants(chunk)
            part = {variant_id: change[variant_id] for variant_id in chunk}
            _take_damaged(variants, change=part, damaged=damaged, by=by, now=now)
            _change_stock(variants, change=part)
            fill([pk for pk in chunk if change[pk] > 0], by=by, now=now)
            products_changed({variant.product_id for variant in variants.values()})
            flipping += [
                pk for pk, one in variants.items() if not one.available or one.available + change[pk] <= 0
            ]
        recorded = InventoryTransaction.objects.bulk_create(rows, batch_size=CHUNK)
        record_changes(flipping, now=now)
    return recorded


def row_of(entry: Entry, *, by: Actor, now: datetime) -> InventoryTransaction:
    """Return the unsaved transaction for the entry.

    Raises:
        InvalidInput: the quantity does not match the type.
    """
    return InventoryTransaction(
        variant_id=entry.variant_id,
        transaction_type=entry.transaction_type,
        quantity=entry.quantity,
        effect=effect_of(entry.transaction_type, quantity=entry.quantity),
        reference=entry.reference,
        notes=entry.notes,
        recorded_by_id=by.user_id,
        recorded_at=now,
    )


def lock_variants(variant_ids: Collection[int]) -> dict[int, Variant]:
    """Lock the variants by id, and return them by id with their products.

    SQLite has no row locks and needs none, because its write transactions run one at a time.

    Raises:
        VariantNotFound: one of them does not exist.
    """
    rows = Variant.objects.select_for_update(of=("self",), no_key=True).select_related("product")
    variants = {variant.pk: variant for variant in rows.filter(pk__in=variant_ids).order_by("pk")}
    if missing := sorted(set(variant_ids) - variants.keys()):
        raise VariantNotFound(variant_ids=missing)
    return variants


def _take_damaged(
    variants: Mapping[int, Variant],
    *,
    change: Mapping[int, int],
    damaged: Mapping[int, int],
    by: Actor,
    now: datetime,
) -> None:
    """Take damaged units that are not available from the reservations.

    Raises:
        InsufficientStock: a variant has fewer units in stock, or more are taken than were damaged.
    """
    missing = {pk: max(0, variant.reserved - variant.stock - change[pk]) for pk, variant in variants.items()}
    items = [
        shortage(variant, wanted=-change[pk], most=variant.available + damaged.get(pk, 0))
        for pk, variant in variants.items()
        if missing[pk] > damaged.get(pk, 0) or variant.stock + change[pk] < 0
    ]
    if items:
        raise InsufficientStock(items=items)
    if losing := {pk: number for pk, number in missing.items() if number}:
        take_held_units(losing, by=by, now=now)


def _change_stock(variants: Mapping[int, Variant], *, change: Mapping[int, int]) -> None:
    if any(variant.stock + change[pk] > MAX_STOCK for pk, variant in variants.items()):
        raise InvalidInput(quantity=[f"Would raise the stock above {MAX_STOCK}."])
    by_variant = number_by_key(change)
    rows = Variant.unpublished.filter(pk__in=change, stock__gte=F("reserved") - by_variant)
    if rows.update(stock=F("stock") + by_variant) < len(change):
        leaving = {pk: -number for pk, number in change.items()}
        raise InsufficientStock(items=shortages(variants, wanted=leaving))


def shortages(variants: Mapping[int, Variant], *, wanted: Mapping[int, int]) -> list[dict[str, object]]:
    """Return the details of InsufficientStock: the variants that have fewer units than `wanted` (by id)."""
    return [
        shortage(variant, wanted=wanted[pk])
        for pk, variant in variants.items()
        if variant.available < wanted[pk]
    ]


def shortage(variant: Variant, *, wanted: int, most: int | None = None) -> dict[str, object]:
    """Return the details of InsufficientStock for a variant of which `wanted` units were requested.

    `most` is the number of units that could be taken; by default, the available ones.
    """
    return {
        "product_id": variant.product_id,
        "title": variant.product.title,
        "variant_id": variant.pk,
        "sku": variant.sku,
        "requested": wanted,
        "available": variant.available if most is None else min(most, variant.stock),
    }
