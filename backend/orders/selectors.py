"""Order queries. A viewer is a user, or a guest with a cart token, who sees the orders placed with it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import reduce
from operator import or_

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from backend.accounts.areas import StaffArea
from backend.accounts.models import User
from backend.api.owners import Owner
from backend.orders.errors import OrderNotFound, ReturnNotFound
from backend.orders.fulfilment_models import Return
from backend.orders.models import Order, OrderItem
from backend.orders.refund_models import GrantedRefund

Viewer = User | Owner


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilters:
    """Conditions on orders; None means any. The days are in UTC, and both are included."""

    status: str | None = None
    payment_status: str | None = None
    order_number: str | None = None
    placed_from: date | None = None
    placed_to: date | None = None
    customer: str | None = None
    short: bool = False


def orders_visible_to(viewer: Viewer, *, filters: OrderFilters | None = None) -> QuerySet[Order]:
    """Return the orders that the viewer may see, newest first, with their quantities (2 queries)."""
    quantities = Prefetch("items", OrderItem.objects.only("order_id", "quantity"))
    rows = _visible_to(viewer).prefetch_related(quantities).order_by("-placed_at", "-pk")
    return rows.filter(_condition(filters or OrderFilters()))


def _condition(filters: OrderFilters) -> Q:
    condition = Q()
    if filters.status is not None:
        condition &= Q(status=filters.status)
    if filters.payment_status is not None:
        condition &= Q(payment_status=filters.payment_status)
    if filters.order_number is not None:
        condition &= Q(order_number=filters.order_number.strip().upper())
    if filters.placed_from is not None:
        condition &= Q(placed_at__gte=_midnight(filters.placed_from))
    if filters.placed_to is not None:
        condition &= Q(placed_at__lt=_midnight(filters.placed_to) + timedelta(days=1))
    if filters.customer is not None:
        columns = ("customer_name", "customer_phone", "email", "user__email")
        condition &= reduce(or_, (Q(**{f"{column}__icontains": filters.customer}) for column in columns))
    if filters.short:
        condition &= Q(Exists(OrderItem.objects.filter(order=OuterRef("pk"), reservation__short__gt=0)))
    return condition


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)


def manages_orders(viewer: Viewer) -> bool:
    """Return whether the viewer is staff that manages all orders."""
    return isinstance(viewer, User) and viewer.has_area(StaffArea.ORDERS)


def _visible_to(viewer: Viewer) -> QuerySet[Order]:
    if isinstance(viewer, Owner):
        return Order.objects.filter(**viewer.columns())
    return Order.objects.all() if manages_orders(viewer) else Order.objects.filter(user=viewer)


def order_for(order_id: int, *, viewer: Viewer) -> Order:
    """Return the order with items, adjustments, shipments and history (6 queries, and 1 for its payments).

    Raises:
        OrderNotFound: it doesn't exist, or the viewer may not see it.
    """
    items = Prefetch("items", OrderItem.objects.select_related("reservation"))
    order = (
        _visible_to(viewer)
        .prefetch_related(items, "adjustments", "history", "shipments__items")
        .filter(pk=order_id)
        .first()
    )
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


def order_with_email(order_number: str, *, email: str) -> Order:
    """Return a guest's order with its items, adjustments, shipments and history (5 queries).

    Raises:
        OrderNotFound: no guest placed an order with this number and e-mail address.
    """
    rows = Order.objects.filter(user=None, order_number=order_number.strip().upper(), email__iexact=email)
    items = Prefetch("items", OrderItem.objects.select_related("reservation"))
    order = (
        rows.exclude(guest="").prefetch_related(items, "adjustments", "history", "shipments__items").first()
    )
    if order is None:
        raise OrderNotFound
    return order


def granted_refunds_of(order_id: int) -> QuerySet[GrantedRefund]:
    """Return the refunds without units of an order, newest first, with their lines (2 queries)."""
    rows = GrantedRefund.objects.filter(order=order_id).select_related("order")
    return rows.prefetch_related("lines__refund__order").order_by("-pk")


def returns_visible_to(
    viewer: Viewer, *, status: str | None = None, order_id: int | None = None
) -> QuerySet[Return]:
    """Return the returns that the viewer may see, newest first, with their items (2 queries)."""
    rows = Return.objects.filter(order__in=_visible_to(viewer)).prefetch_related("items").order_by("-pk")
    rows = rows if status is None else rows.filter(status=status)
    return rows if order_id is None else rows.filter(order=order_id)


def return_for(return_id: int, *, viewer: Viewer) -> Return:
    """Return the return with its items (2 queries).

    Raises:
        ReturnNotFound: it doesn't exist, or the viewer may not see its order.
    """
    found = returns_visible_to(viewer).filter(pk=return_id).first()
    if found is None:
        raise ReturnNotFound(return_id=return_id)
    return found
