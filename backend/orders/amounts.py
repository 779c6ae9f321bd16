"""What an order still costs, after cancellations, returns and refunds."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from django.db.models import Sum

from backend.orders.models import MovementKind, Order, OrderItem, OrderStatus
from backend.orders.pricing import share


def amount_due(order: Order) -> Decimal:
    """Return what the customer owes in total for the order, whether or not it is paid (2 queries).

    That is the total, without the units that were cancelled or returned, their tax, and refunds of money
    alone. A cancelled order costs nothing. Shipping is owed unless everything was cancelled.
    """
    if order.status == OrderStatus.CANCELLED:
        return Decimal(0)
    return order.total_amount - amount_taken_back(order, items=order.items.all()) - _refunds(order)


def amount_due_at_delivery(order: Order) -> Decimal:
    """Return what the customer owes in total for the units that were delivered so far (2 queries)."""
    others = {item: item.quantity - max(item.delivered - item.returned, 0) for item in order.items.all()}
    return order.total_amount - _cost(order, units=others) - _refunds(order)


def _refunds(order: Order) -> Decimal:
    refunds = order.movements.filter(kind=MovementKind.REFUND).aggregate(total=Sum("amount"))["total"]
    return refunds or Decimal(0)


def amount_taken_back(order: Order, *, items: Iterable[OrderItem]) -> Decimal:
    """Return what the cancelled and returned units of the items cost, with their tax."""
    return _cost(order, units={item: item.cancelled + item.returned for item in items})


def _cost(order: Order, *, units: Mapping[OrderItem, int]) -> Decimal:
    shares = (
        share(_gross(order, item), currency=order.currency, of=item.quantity, before=0, units=number)
        for item, number in units.items()
    )
    return sum(shares, Decimal(0))


def _gross(order: Order, item: OrderItem) -> Decimal:
    return item.total_price if order.prices_include_tax else item.total_price + item.tax_amount
