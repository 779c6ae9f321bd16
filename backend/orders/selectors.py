"""Order queries."""

from django.db.models import Prefetch, QuerySet

from backend.accounts.models import User
from backend.orders.errors import OrderNotFound
from backend.orders.models import Order, OrderItem


def orders_visible_to(user: User, *, status: str | None = None) -> QuerySet[Order]:
    """Return the orders that the user may see, newest first, with their quantities (2 queries)."""
    quantities = Prefetch("items", OrderItem.objects.only("order_id", "quantity"))
    rows = _visible_to(user).prefetch_related(quantities).order_by("-placed_at", "-pk")
    return rows if status is None else rows.filter(status=status)


def _visible_to(user: User) -> QuerySet[Order]:
    return Order.objects.all() if user.is_admin else Order.objects.filter(user=user)


def order_for(order_id: int, *, user: User) -> Order:
    """Return the order with its items and history (3 queries).

    Raises:
        OrderNotFound: it doesn't exist, or the user may not see it.
    """
    order = _visible_to(user).prefetch_related("items", "history").filter(pk=order_id).first()
    if order is None:
        raise OrderNotFound(order_id=order_id)
    return order


def require_visible(order_id: int, *, user: User) -> None:
    """Check that the user may see the order.

    Raises:
        OrderNotFound: it doesn't exist, or the user may not see it.
    """
    if not _visible_to(user).filter(pk=order_id).exists():
        raise OrderNotFound(order_id=order_id)
