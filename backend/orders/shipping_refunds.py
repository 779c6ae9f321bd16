"""Refunds what shipping cost: when an order is returned completely, or when staff choose so.

REFUND_SHIPPING says whether the shop refunds shipping for an order of which all units came back. For a
return, staff can choose otherwise. An order that is cancelled as a whole costs nothing, shipping included.
"""

from datetime import datetime
from decimal import Decimal

from django.conf import settings

from backend.audit.actors import Actor
from backend.orders.amounts import costs_of
from backend.orders.errors import RefundTooLarge
from backend.orders.fulfilment_models import ReturnStatus
from backend.orders.granting import Amount, allocated, grant
from backend.orders.models import AdjustmentKind, Order, OrderStatus
from backend.orders.refund_models import RefundKind

FULL_RETURN, NEVER = "full_return", "never"
"""The values of REFUND_SHIPPING."""
_RECEIVED = (ReturnStatus.RECEIVED, ReturnStatus.REFUNDED)


def refund_shipping(order: Order, *, reason: str, by: Actor, now: datetime) -> None:
    """Refund what shipping cost, with its tax, divided among the items in proportion to their prices.

    Raises:
        RefundTooLarge: it cost nothing, or is refunded already.
    """
    shipping = _shipping_of(order)
    if shipping.amount <= 0 or is_shipping_refunded(order):
        raise RefundTooLarge(available="0", currency=order.currency)
    costs = costs_of(order)
    prices = [costs.gross[item.pk] for item in costs.items]
    # Items can be free, but not their shipping.
    weights = prices if any(prices) else [Decimal(1)] * len(prices)
    parts = allocated(shipping, items=costs.items, weights=weights, currency=order.currency)
    grant(order, parts, kind=RefundKind.SHIPPING, reason=reason, by=by, now=now)


def refund_shipping_of_returns(order: Order, *, by: Actor, now: datetime) -> None:
    """Refund shipping if the order's returns say so and it isn't refunded yet."""
    if order.shipping_cost > 0 and _is_to_be_refunded(order) and not is_shipping_refunded(order):
        refund_shipping(order, reason="Returned.", by=by, now=now)


def is_shipping_refunded(order: Order) -> bool:
    """Return whether a refund of the order's shipping is granted."""
    return order.granted_refunds.filter(kind=RefundKind.SHIPPING).exists()


def _is_to_be_refunded(order: Order) -> bool:
    returns = order.returns.filter(status__in=_RECEIVED)
    choices = set(returns.values_list("refund_shipping", flat=True))
    if True in choices:
        return True
    is_complete = order.status == OrderStatus.RETURNED
    return is_complete and settings.REFUND_SHIPPING == FULL_RETURN and False not in choices


def _shipping_of(order: Order) -> Amount:
    """Return what shipping cost; the tax on it in an order of an earlier release is unknown."""
    rows = order.adjustments.filter(kind=AdjustmentKind.SHIPPING)
    tax = sum(rows.values_list("tax_amount", flat=True), Decimal(0))
    return Amount(order.shipping_cost + (Decimal(0) if order.prices_include_tax else tax), tax)
