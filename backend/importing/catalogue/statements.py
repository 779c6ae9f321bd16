"""Decides which changes follow from those statements of a file that were not applied before."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from backend.importing.catalogue.row import CatalogRow
from backend.importing.models import VariantStatement
from backend.inventory.models import InventoryTransaction

BELOW_RESERVED = "the stock is below what is reserved for orders, so it was not changed"
OUTDATED = "the stock was counted before the count that was imported last, so it was not changed"
IN_FUTURE = "stock_at is in the future, so the stock was not changed"
VERSION = "1"
"""Raised when files are interpreted in a new way, so that unchanged files are applied again."""

FORMER_FLAGS = b'"flash_sale":false,"best_seller_product":false,'
"""Fields that earlier releases digested; without them, unchanged files would be applied again."""

_encode = msgspec.json.Encoder(order="deterministic", decimal_format="string").encode


@dataclass(frozen=True, slots=True)
class StoredVariant:
    """The columns of a variant that an import compares; the row is locked."""

    id: int
    sku: str
    product_id: int
    stock: int
    reserved: int
    is_active: bool


@dataclass(slots=True)
class Decisions:
    """The changes of an import: units by variant, activity by variant and product, and statements.

    `pending` are the ids of products whose statements were not applied completely.
    """

    differences: dict[int, int] = field(default_factory=dict)
    variants: dict[int, bool] = field(default_factory=dict)
    products: dict[int, bool] = field(default_factory=dict)
    statements: dict[int, VariantStatement] = field(default_factory=dict)
    pending: set[int] = field(default_factory=set)
    remarks: list[str] = field(default_factory=list)


def digest_of(row: CatalogRow) -> str:
    """Return a digest of everything that the rows of a product state."""
    before, name, after = _encode(row.product).rpartition(b'"featured_product":')
    product = msgspec.Raw(before + FORMER_FLAGS + name + after)
    stated = _encode([VERSION, product, row.stock, row.stock_at])
    return hashlib.blake2b(stated, digest_size=16).hexdigest()


def decide_variants(
    row: CatalogRow,
    variants: Sequence[StoredVariant],
    *,
    stated: Mapping[int, VariantStatement],
    decisions: Decisions,
    now: datetime,
) -> None:
    """Deactivate the variants of a product that the file no longer has, and activate those that are back.

    Only variants that an import has deactivated are activated, and a variant that a user has activated since
    stays active.
    """
    given = {variant.sku for variant in row.product.variants}
    for variant in variants:
        statement = stated.get(variant.id)
        if variant.sku in given:
            if statement is None:
                decisions.statements[variant.id] = VariantStatement(variant_id=variant.id)
            elif statement.withdrawn_at is not None:
                statement.withdrawn_at = None
                decisions.statements[variant.id] = statement
                if not variant.is_active:
                    decisions.variants[variant.id] = True
        elif statement is not None and statement.withdrawn_at is None and not row.is_partial:
            statement.withdrawn_at = now
            decisions.statements[variant.id] = statement
            if variant.is_active:
                decisions.variants[variant.id] = False


def decide_stock(
    row: CatalogRow,
    variants: Iterable[StoredVariant],
    *,
    stated: Mapping[int, VariantStatement],
    since: Mapping[int, int],
    decisions: Decisions,
    now: datetime,
) -> None:
    """Add the differences between stock and those counts of the file that were not applied before.

    `since` is the change of a variant's stock after its count, apart from what imports changed.
    """
    for variant in variants:
        units, counted_at = row.stock.get(variant.sku), row.stock_at.get(variant.sku)
        if units is None:
            continue
        statement = decisions.statements.get(variant.id) or stated[variant.id]
        if is_applied(statement, units=units, counted_at=counted_at):
            continue
        difference = units + since.get(variant.id, 0) - variant.stock
        if fault := _fault(statement, variant, difference=difference, counted_at=counted_at, now=now):
            decisions.remarks.append(fault)
            decisions.pending.add(variant.product_id)
            continue
        statement.stock, statement.stock_at, statement.applied_at = units, counted_at, now
        decisions.statements[variant.id] = statement
        if difference:
            decisions.differences[variant.id] = difference


def is_applied(statement: VariantStatement | None, *, units: int, counted_at: datetime | None) -> bool:
    """Return whether a count is the one that was applied last."""
    if statement is None or statement.stock != units:
        return False
    return counted_at in (None, statement.stock_at)


def _fault(
    statement: VariantStatement,
    variant: StoredVariant,
    *,
    difference: int,
    counted_at: datetime | None,
    now: datetime,
) -> str | None:
    last = statement.stock_at or statement.applied_at
    if counted_at is not None and counted_at > now:
        return IN_FUTURE
    if counted_at is not None and last is not None and counted_at < last:
        return OUTDATED
    if variant.stock + difference < variant.reserved:
        return BELOW_RESERVED
    return None


def moved_since(counts: Mapping[int, datetime], *, reference: str) -> dict[int, int]:
    """Return by variant how many units have moved since its count, apart from imports of its source.

    An import's transaction after the count corrects an earlier count; it is not a movement of units.
    """
    if not counts:
        return {}
    later = InventoryTransaction.objects.filter(
        variant_id__in=counts, recorded_at__gt=min(counts.values())
    ).exclude(reference=reference)
    moved: dict[int, int] = {}
    for variant_id, effect, recorded_at in later.values_list("variant_id", "effect", "recorded_at"):
        if recorded_at > counts[variant_id]:
            moved[variant_id] = moved.get(variant_id, 0) + effect
    return moved
