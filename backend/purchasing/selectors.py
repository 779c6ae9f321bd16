"""Purchasing queries."""

from django.db.models import QuerySet

from backend.accounts.models import User
from backend.catalog.errors import VariantNotFound
from backend.catalog.models import Variant
from backend.inventory.selectors import variants_managed_by
from backend.purchasing.errors import PurchaseOrderNotFound, ReorderRuleNotFound, SupplierNotFound
from backend.purchasing.models import PurchaseOrder, ReorderRule, Supplier


def suppliers_of(user: User) -> QuerySet[Supplier]:
    """Return the seller's suppliers; for staff, all."""
    return Supplier.objects.all() if user.is_admin else Supplier.objects.filter(seller=user)


def supplier_for(supplier_id: int, *, seller_id: int) -> Supplier:
    """Return the supplier.

    Raises:
        SupplierNotFound: it doesn't exist, or is another seller's.
    """
    supplier = Supplier.objects.filter(pk=supplier_id, seller_id=seller_id).first()
    if supplier is None:
        raise SupplierNotFound(supplier=supplier_id)
    return supplier


def variant_for(variant_id: int, *, user: User) -> Variant:
    """Return a variant that the user may reorder, with its product.

    Raises:
        VariantNotFound: it doesn't exist, or is another seller's.
    """
    variant = variants_managed_by(user).select_related("product").filter(pk=variant_id).first()
    if variant is None:
        raise VariantNotFound(variant_id=variant_id)
    return variant


def rules_of(user: User) -> QuerySet[ReorderRule]:
    """Return the reorder rules of the seller's variants, or for staff of all, ordered by variant."""
    rows = ReorderRule.objects.filter(variant__product__deleted_at=None).select_related("variant__product")
    return (rows if user.is_admin else rows.filter(variant__product__seller=user)).order_by("variant_id")


def rule_for(variant_id: int, *, user: User) -> ReorderRule:
    """Return the variant's reorder rule.

    Raises:
        VariantNotFound: the variant doesn't exist, or is another seller's.
        ReorderRuleNotFound: it has no rule.
    """
    variant = variant_for(variant_id, user=user)
    rule = ReorderRule.objects.select_related("variant__product").filter(variant=variant).first()
    if rule is None:
        raise ReorderRuleNotFound(variant=variant_id)
    return rule


def orders_of(user: User, *, status: str | None = None) -> QuerySet[PurchaseOrder]:
    """Return the seller's purchase orders with their lines, or for staff all, newest first."""
    rows = PurchaseOrder.objects.select_related("supplier").prefetch_related("lines__variant__product")
    if not user.is_admin:
        rows = rows.filter(seller=user)
    return rows if status is None else rows.filter(status=status)


def order_for(number: str, *, user: User) -> PurchaseOrder:
    """Return the purchase order with its lines.

    Raises:
        PurchaseOrderNotFound: it doesn't exist, or is another seller's.
    """
    order = orders_of(user).filter(number=number).first()
    if order is None:
        raise PurchaseOrderNotFound(number=number)
    return order
