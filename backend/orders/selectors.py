"""Order queries. A viewer is a user, or a guest with a cart token, who sees the orders placed with it."""

from django.db.models import Exists, OuterRef, Prefetch, QuerySet

from backend.accounts.models import User
from backend.api.owners import Owner
from backend.orders.errors import OrderNotFound
from backend.orders.models import Order, OrderItem

Viewer = User | Owner


def orders_visible_to(
    viewer: Viewer, *, status: str | None = None, only_short: bool = False
) -> QuerySet[Order]:
    """Return the orders that the viewer may see, newest first, with their quantities (2 queries)."""
    quantities = Prefetch("items", OrderItem.objects.only("order_id", "quantity"))
    rows = _visible_to(viewer).prefetch_related(quantities).order_by("-placed_at", "-pk")
    if only_short:
        rows = rows.filter(Exists(OrderItem.objects.filter(order=OuterRef("pk"), reservation__short__gt=0)))
    return rows if status is None else rows.filter(status=status)


def _visible_to(viewer: Viewer) -> QuerySet[Order]:
    if isinstance(viewer, Owner):
        return Order.objects.filter(**viewer.columns())
    return Order.objects.all() if viewer.is_admin else Order.objects.filter(user=viewer)


def order_for(order_id: int, *, viewer: Viewer) -> Order:
    """Return the order with its items and history (3 queries, and one for its payments).

    Raises:
        OrderNotFound: it doesn't exist, or the viewer may not see it.
    """
    items = Prefetch("items", OrderItem.objects.select_related("reservation"))
    order = _visible_to(viewer).prefetch_related(items, "history").filter(pk=order_id).first()
    if order is None:
        raise OrderNotFound(order_id=order_id)
    return order


def has_order(order_number: str, *, viewer: Viewer) -> bool:
    """Return whether the viewer may see the order with this number."""
    return _visible_to(viewer).filter(order_number=order_number).exists()


def require_visible(order_id: int, *, viewer: Viewer) -> None:
    """Check that the viewer may see the order.

    Raises:
        OrderNotFound: it doesn't exist, or the viewer may not see it.
    """
    if not _visible_to(viewer).filter(pk=order_id).exists():
        raise OrderNotFound(order_id=order_id)
