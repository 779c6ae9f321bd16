"""Grants refunds of money without units: a part of the price as goodwill, or shipping."""

from datetime import datetime
from decimal import Decimal

from backend.api import money
from backend.api.errors import InvalidInput
from backend.audit.actors import Actor
from backend.orders.amounts import Costs, costs_of
from backend.orders.changes import changing
from backend.orders.errors import RefundTooLarge
from backend.orders.granting import Amount, grant
from backend.orders.models import Order, OrderItem
from backend.orders.refund_models import RefundKind
from backend.orders.shipping_refunds import refund_shipping
from backend.orders.status import Action


def grant_refund(
    order_id: int, *, amount: Decimal | None, shipping: bool = False, reason: str, by: Actor, now: datetime
) -> Order:
    """Refund `amount` (with tax) of the price of the order's items, or shipping, or both; return the order.

    The amount is divided among the items in proportion to their remaining prices. It lowers what is still to
    be captured or collected; what was paid already is paid back.

    Raises:
        OrderNotFound: there is no such order.
        TransitionNotAllowed: it isn't confirmed, or is cancelled.
        RefundTooLarge: less is left of the items, or shipping can't be refunded; nothing is changed.
        InvalidInput: the amount is not positive or too precise, or nothing would be refunded.
    """
    if amount is None and not shipping:
        raise InvalidInput(amount="Send an amount, or refund shipping.")
    with changing(order_id, Action.REFUND, by=by, now=now) as order:
        if amount is not None:
            _grant_goodwill(order, amount=amount, reason=reason, by=by, now=now)
        if shipping:
            refund_shipping(order, reason=reason, by=by, now=now)
    return order


def _grant_goodwill(order: Order, *, amount: Decimal, reason: str, by: Actor, now: datetime) -> None:
    money.require_precise(order.currency, amount=amount)
    if amount <= 0:
        raise InvalidInput(amount="Must be more than 0.")
    parts = _parts(order, amount=amount, costs=costs_of(order))
    grant(order, parts, kind=RefundKind.GOODWILL, reason=reason, by=by, now=now)


def _parts(order: Order, *, amount: Decimal, costs: Costs) -> dict[int, Amount]:
    """Return the parts of the amount, by item id.

    Raises:
        RefundTooLarge: less is left of the items.
    """
    left = [costs.left_of(item) for item in costs.items]
    if amount > sum(left):
        raise RefundTooLarge(
            amount=money.written(amount, currency=order.currency),
            available=money.written(sum(left, Decimal(0)), currency=order.currency),
            currency=order.currency,
        )
    parts = money.allocate(amount, weights=left, currency=order.currency)
    return {
        item.pk: Amount(part, _tax_in(part, item=item, costs=costs))
        for item, part in zip(costs.items, parts, strict=True)
        if part
    }


def _tax_in(part: Decimal, *, item: OrderItem, costs: Costs) -> Decimal:
    return money.rounded(item.tax_amount * part / costs.gross[item.pk], currency=costs.currency)
