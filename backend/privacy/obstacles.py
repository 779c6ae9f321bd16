"""Reasons why a customer or a guest can't be erased yet."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from backend.accounts.models import User
from backend.catalog.models import Product
from backend.orders.fulfilment_models import OPEN_RETURNS, ReturnStatus, Shipment
from backend.orders.models import Movement, Order, OrderItem, OrderPaymentStatus, OrderStatus
from backend.payments.models import OPEN_STATES, Payment
from backend.privacy.errors import ErasureRefused
from backend.purchasing.models import PurchaseOrder, Supplier

FINAL_STATUSES = (
    OrderStatus.DELIVERED,
    OrderStatus.PARTIALLY_RETURNED,
    OrderStatus.RETURNED,
    OrderStatus.CANCELLED,
)
UNFINISHED_RETURNS = (*OPEN_RETURNS, ReturnStatus.RECEIVED)
_SOLD_BY_SELLER = (Product, OrderItem, Movement, Shipment, Supplier, PurchaseOrder)


@dataclass(frozen=True, slots=True)
class Obstacles:
    """Why a shopper can't be erased: reasons by their names in the API, and the orders concerned."""

    reasons: tuple[str, ...]
    orders: tuple[str, ...]


def require_erasable(user: User) -> None:
    """Check that the account is no longer needed.

    Raises:
        ErasureRefused: it is.
    """
    obstacles = _obstacles_of(Order.objects.filter(user=user.pk))
    reasons = list(obstacles.reasons)
    if any(model._default_manager.filter(seller=user.pk).exists() for model in _SOLD_BY_SELLER):
        reasons.append("seller")
    if user.is_staff or user.is_admin:
        reasons.append("staff")
    if reasons:
        raise ErasureRefused(reasons=reasons, orders=list(obstacles.orders))


def require_finished(orders: QuerySet[Order]) -> None:
    """Check that nothing is to be delivered, returned or paid for the orders.

    Raises:
        ErasureRefused: something is.
    """
    obstacles = _obstacles_of(orders)
    if obstacles.reasons:
        raise ErasureRefused(reasons=list(obstacles.reasons), orders=list(obstacles.orders))


def _obstacles_of(orders: QuerySet[Order]) -> Obstacles:
    # The orders of another shop are fulfilled there.
    orders = orders.filter(source="")
    found = {
        "orders_in_progress": _numbers(~Q(status__in=FINAL_STATUSES), among=orders),
        "returns_in_progress": _numbers(Q(returns__status__in=UNFINISHED_RETURNS), among=orders),
        "payments_in_progress": _numbers(
            Q(order_number__in=_unfinished_payments(orders))
            | Q(payment_status__in=[OrderPaymentStatus.PENDING, OrderPaymentStatus.AUTHORISED]),
            among=orders,
        ),
    }
    reasons = tuple(reason for reason, numbers in found.items() if numbers)
    return Obstacles(reasons=reasons, orders=tuple(sorted(set().union(*found.values()))))


def _numbers(condition: Q, *, among: QuerySet[Order]) -> set[str]:
    return set(among.filter(condition).values_list("order_number", flat=True))


def _unfinished_payments(orders: QuerySet[Order]) -> list[str]:
    unfinished = Q(requests__state__in=OPEN_STATES) | Q(needs_attention=True)
    payments = Payment.objects.filter(unfinished, order_number__in=orders.values("order_number"))
    return list(payments.values_list("order_number", flat=True))
