"""Inventory queries."""

from django.db.models import QuerySet

from backend.accounts.models import User
from backend.catalog.models import Variant
from backend.inventory.models import InventoryTransaction


def transactions_visible_to(
    user: User,
    *,
    product_id: int | None = None,
    variant_id: int | None = None,
    transaction_type: str | None = None,
) -> QuerySet[InventoryTransaction]:
    """Return the matching transactions, newest first; for sellers, only those of their own products."""
    rows = InventoryTransaction.objects.select_related("variant").order_by("-recorded_at", "-pk")
    if not user.is_admin:
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
    return rows if user.is_admin else rows.filter(product__seller=user)
