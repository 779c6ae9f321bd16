"""Inventory queries."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db.models import QuerySet, Sum

from backend.accounts.areas import StaffArea
from backend.accounts.models import User
from backend.catalog.errors import VariantNotFound
from backend.catalog.models import Variant
from backend.inventory.models import BackInStockSubscription, InventoryTransaction, Reservation, StockAlert


def transactions_visible_to(
    user: User,
    *,
    product_id: int | None = None,
    variant_id: int | None = None,
    transaction_type: str | None = None,
) -> QuerySet[InventoryTransaction]:
    """Return the matching transactions, newest first; for sellers, only those of their own products."""
    rows = InventoryTransaction.objects.select_related("variant").order_by("-recorded_at", "-pk")
    if not user.has_area(StaffArea.STOCK):
        rows = rows.filter(variant__product__seller=user)
    if product_id is not None:
        rows = rows.filter(variant__product_id=product_id)
    if variant_id is not None:
        rows = rows.filter(variant_id=variant_id)
    if transaction_type is not None:
        rows = rows.filter(transaction_type=transaction_type)
    return rows


def variants_managed_by(user: User) -> QuerySet[Variant]:
    """Return the variants whose stock the user may change: for sellers their own, for staff all."""
    rows = Variant.objects.filter(product__deleted_at=None)
    return rows if user.has_area(StaffArea.STOCK) else rows.filter(product__seller=user)


def variant_managed_by(user: User, variant_id: int) -> Variant:
    """Return the variant with its product, if the user may manage its stock.

    Raises:
        VariantNotFound: it doesn't exist, or is another seller's.
    """
    rows = variants_managed_by(user).select_related("product", "stock_threshold")
    variant = rows.filter(pk=variant_id).first()
    if variant is None:
        raise VariantNotFound(variant_id=variant_id)
    return variant


def alerts_visible_to(
    user: User, *, product_id: int | None = None, variant_id: int | None = None, level: str | None = None
) -> QuerySet[StockAlert]:
    """Return the matching alerts, newest first; for sellers, only those of their own products."""
    rows = StockAlert.objects.select_related("variant__product").order_by("-created_at", "-pk")
    if not user.has_area(StaffArea.STOCK):
        rows = rows.filter(variant__product__seller=user)
    if product_id is not None:
        rows = rows.filter(variant__product_id=product_id)
    if variant_id is not None:
        rows = rows.filter(variant_id=variant_id)
    return rows if level is None else rows.filter(level=level)


def subscriptions_of(user: User, *, product_id: int | None = None) -> QuerySet[BackInStockSubscription]:
    """Return the user's back-in-stock subscriptions, newest first."""
    rows = BackInStockSubscription.objects.filter(user=user, variant__product__deleted_at=None)
    if product_id is not None:
        rows = rows.filter(variant__product=product_id)
    return rows.select_related("variant__product").order_by("-created_at", "-pk")


def short_reservations_visible_to(
    user: User, *, product_id: int | None = None, variant_id: int | None = None
) -> QuerySet[Reservation]:
    """Return the matching reservations that lack units, the first to be filled first; as for alerts."""
    rows = Reservation.objects.filter(short__gt=0).select_related("variant__product")
    if not user.has_area(StaffArea.STOCK):
        rows = rows.filter(variant__product__seller=user)
    if product_id is not None:
        rows = rows.filter(variant__product_id=product_id)
    if variant_id is not None:
        rows = rows.filter(variant_id=variant_id)
    # COMMITTED sorts before HELD.
    return rows.order_by("state", "created_at", "pk")


def short_units(variant_ids: Collection[int]) -> dict[int, int]:
    """Return the units that reservations lack, by variant."""
    rows = Reservation.objects.filter(variant_id__in=variant_ids, short__gt=0)
    return dict(rows.values_list("variant_id").order_by().annotate(units=Sum("short")))


def stock_at(variants: list[Variant], *, at: datetime) -> Mapping[int, int]:
    """Return the stock of each variant at a time, from the ledger, by variant id (1 query)."""
    entries = InventoryTransaction.objects.filter(variant__in=variants, recorded_at__lte=at)
    sums = dict(entries.values_list("variant_id").order_by().annotate(units=Sum("effect")))
    return {variant.pk: sums.get(variant.pk, 0) for variant in variants}
