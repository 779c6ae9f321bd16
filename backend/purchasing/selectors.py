"""Purchasing queries."""

from django.db.models import QuerySet

from backend.accounts.areas import StaffArea
from backend.accounts.models import User
from backend.inventory.selectors import variant_managed_by
from backend.purchasing.errors import PurchaseOrderNotFound, ReorderRuleNotFound, SupplierNotFound
from backend.purchasing.models import PurchaseOrder, ReorderRule, Supplier


def suppliers_of(user: User) -> QuerySet[Supplier]:
    """Return the seller's suppliers; all suppliers for staff."""
    return Supplier.objects.all() if user.has_area(StaffArea.STOCK) else Supplier.objects.filter(seller=user)


def supplier_for(supplier_id: int, *, seller_id: int) -> Supplier:
    """Return the supplier.

    Raises:
        SupplierNotFound: it doesn't exist, or is another seller's.
    """
    supplier = Supplier.objects.filter(pk=supplier_id, seller_id=seller_id).first()
    if supplier is None:
        raise SupplierNotFound(supplier=supplier_id)
    return supplier


def rules_of(user: User) -> QuerySet[ReorderRule]:
    """Return the reorder rules of the seller's variants (for staff, of all variants), ordered by variant."""
    rows = ReorderRule.objects.filter(variant__product__deleted_at=None).select_related("variant__product")
    if not user.has_area(StaffArea.STOCK):
        rows = rows.filter(variant__product__seller=user)
    return rows.order_by("variant_id")


def rule_for(variant_id: int, *, user: User) -> ReorderRule:
    """Return the variant's reorder rule.

    Raises:
        VariantNotFound: the variant doesn't exist, or is another seller's.
        ReorderRuleNotFound: it has no rule.
    """
    variant = variant_managed_by(user, variant_id)
    rule = ReorderRule.objects.select_related("variant__product").filter(variant=variant).first()
    if rule is None:
        raise ReorderRuleNotFound(variant=variant_id)
    return rule


def orders_of(user: User, *, status: str | None = None) -> QuerySet[PurchaseOrder]:
    """Return the seller's purchase orders (for staff, all orders) with their lines, newest first."""
    rows = _visible_to(user).select_related("supplier").prefetch_related("lines__variant__product")
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


def require_visible(number: str, *, user: User) -> None:
    """Check that the user may see the purchase order.

    Raises:
        PurchaseOrderNotFound: it doesn't exist, or is another seller's.
    """
    if not _visible_to(user).filter(number=number).exists():
        raise PurchaseOrderNotFound(number=number)


def _visible_to(user: User) -> QuerySet[PurchaseOrder]:
    rows = PurchaseOrder.objects.all()
    return rows if user.has_area(StaffArea.STOCK) else rows.filter(seller=user)
