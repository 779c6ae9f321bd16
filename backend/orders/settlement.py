"""Settles an order: confirms, captures or refunds, after the order or its payments have changed.

`settle` compares what the order costs with what was paid, and acts on the difference. It reads the rows again
each time, and requests only those captures and refunds that aren't pending, so it can be repeated.

    situation                                           action
    the payments cover a PENDING order                  it is confirmed
    the payments cover an order that expired            its units are reserved again, or the money is refunded
    more was captured than the order costs              the rest is refunded
    units were shipped, the payment is only authorised  what they cost is captured; everything, if the gateway
                                                        captures an authorisation only once
    nothing is owed                                     authorisations are voided

What the gateway has refused is requested again only after an operator has acknowledged it.
"""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Exists, OuterRef

from backend.audit.actors import Actor
from backend.inventory.errors import InsufficientStock
from backend.inventory.models import ReservationState
from backend.inventory.reservations import reserve
from backend.orders.amounts import Costs, costs_of
from backend.orders.confirmation import confirm_locked
from backend.orders.fulfilment_models import Return, ReturnItem, ReturnStatus
from backend.orders.models import Order, OrderItem, OrderPaymentStatus, OrderStatus
from backend.orders.promotions import take_uses_again
from backend.orders.return_steps import take_return_steps
from backend.orders.steps import take_step
from backend.outbox.services import publish
from backend.outbox.topics import Topic
from backend.payments import services as payments
from backend.payments.models import PaymentStatus, RequestKind
from backend.payments.selectors import PaymentSums, payments_of, sums_of
from backend.promotions.errors import PromotionUsedUp

STATUS_WITHOUT_PAYMENTS = {
    OrderStatus.DELIVERED: OrderPaymentStatus.PAID,
    OrderStatus.CANCELLED: OrderPaymentStatus.CANCELLED,
}
"""The payment status of an order of an earlier release or another shop, which has no payments here."""
ENDED = (PaymentStatus.VOIDED, PaymentStatus.DECLINED)
SHIPPED = (
    OrderStatus.PARTIALLY_SHIPPED,
    OrderStatus.SHIPPED,
    OrderStatus.DELIVERED,
    OrderStatus.PARTIALLY_RETURNED,
    OrderStatus.RETURNED,
)


def settle_number(order_number: str, *, by: Actor, now: datetime) -> None:
    """Settle the order with this number, if it exists."""
    with transaction.atomic():
        order = Order.objects.select_for_update(no_key=True).filter(order_number=order_number).first()
        if order is not None:
            settle(order, by=by, now=now)


def has_payments(order: Order) -> bool:
    """Return whether the order has a payment; orders of earlier releases and imported ones have none."""
    return payments_of(order.order_number).exists()


def settle(order: Order, *, by: Actor, now: datetime) -> None:
    """Settle an order that the caller's transaction has locked; `order` is updated."""
    if not has_payments(order):
        _settle_without_payments(order, now=now)
        return
    sums = sums_of(order.order_number)
    if _covers(sums, order.total_amount):
        if order.status == OrderStatus.PENDING:
            confirm_locked(order, by=by, now=now, note="Paid.")
        elif order.status == OrderStatus.CANCELLED and order.expired_at is not None:
            _reopen(order, by=by, now=now)
    costs = costs_of(order)
    _request_what_follows(order, costs=costs, sums=sums, by=by, now=now)
    sums, due = sums_of(order.order_number), costs.due
    _set_payment_status(order, due=due, sums=sums, now=now)
    if sums.captured - sums.refunded <= due:
        _close_returns(order, now=now)


def _settle_without_payments(order: Order, *, now: datetime) -> None:
    if order.status in STATUS_WITHOUT_PAYMENTS:
        paid = STATUS_WITHOUT_PAYMENTS[OrderStatus(order.status)]
        Order.objects.filter(pk=order.pk).update(payment_status=paid)
    _close_returns(order, now=now)


def _covers(sums: PaymentSums, amount: Decimal) -> bool:
    return sums.kept + sums.authorised >= amount


def _reopen(order: Order, *, by: Actor, now: datetime) -> None:
    """Reserve the units of an expired order again and confirm it, unless they are no longer available.

    The same holds for the promotions that reduced them.
    """
    items = list(order.items.all())
    units = {item.variant_id: item.quantity for item in items}
    try:
        with transaction.atomic():
            held = reserve(units, reference=order.order_number, now=now, state=ReservationState.HELD)
            take_uses_again(order)
    except (InsufficientStock, PromotionUsedUp):
        return
    for item in items:
        item.reservation, item.cancelled = held[item.variant_id], 0
    OrderItem.objects.bulk_update(items, ["reservation", "cancelled"])
    Order.objects.filter(pk=order.pk).update(expired_at=None)
    take_step(order.pk, to=OrderStatus.PENDING, by=by, now=now, note="Paid after it had expired.")
    order.refresh_from_db()
    confirm_locked(order, by=by, now=now, note="Paid.")


def _request_what_follows(order: Order, *, costs: Costs, sums: PaymentSums, by: Actor, now: datetime) -> None:
    found = list(payments_of(order.order_number).exclude(status__in=ENDED))
    in_parts = all(payments.captures_in_parts(payment) for payment in found)
    owed = _due_now(order, costs=costs, in_parts=in_parts) - sums.kept - sums.capture_pending
    excess = sums.kept - _kept_at_most(costs, sums=sums, in_parts=in_parts)
    is_shipped = costs.due <= costs.due_for_shipped
    is_complete = costs.due <= sums.kept and (is_shipped or not in_parts)
    for payment in found:
        refused = payments.refused_kinds(payment)
        refundable = payment.captured - payment.refunded - payments.refund_pending(payment)
        if RequestKind.REFUND not in refused and excess > 0 and (part := min(excess, refundable)) > 0:
            payments.refund(payment.pk, amount=part, reason=order.order_number, by=by, now=now)
            excess -= part
        if (part := min(owed, payments.capturable(payment))) > 0:
            if RequestKind.CAPTURE not in refused:
                payments.capture(payment.pk, amount=part, reason=order.order_number, by=by, now=now)
            owed -= part
        elif RequestKind.VOID not in refused and (order.status == OrderStatus.CANCELLED or is_complete):
            payments.void(payment.pk, reason=order.order_number, by=by, now=now)


def _due_now(order: Order, *, costs: Costs, in_parts: bool) -> Decimal:
    """Return what is to be captured in total by now: nothing before the first shipment."""
    if order.status not in SHIPPED:
        return Decimal(0)
    return costs.due_for_shipped if in_parts else costs.due


def _kept_at_most(costs: Costs, *, sums: PaymentSums, in_parts: bool) -> Decimal:
    """Return what the shop may keep by now.

    If captures follow the shipments, a return is refunded although other units are still to be shipped. If
    more was captured than the shipped units cost, for example by staff at the gateway, the excess is kept for
    the units that are still to be shipped.
    """
    follows_shipments = in_parts and sums.captured <= costs.shipped_in_total
    return costs.due_for_shipped if follows_shipments else costs.due


def _set_payment_status(order: Order, *, due: Decimal, sums: PaymentSums, now: datetime) -> None:
    status = payment_status_of(order.status, due=due, sums=sums)
    if status != order.payment_status:
        order.payment_status = status
        Order.objects.filter(pk=order.pk).update(payment_status=status, updated_at=now)
        publish(Topic.ORDER, order.pk)


def _close_returns(order: Order, *, now: datetime) -> None:
    """Mark the received returns as refunded, except those of which no unit came back."""
    received = Return.objects.filter(order=order, status=ReturnStatus.RECEIVED)
    some = ReturnItem.objects.filter(return_request=OuterRef("pk")).exclude(resellable=0, damaged=0)
    closed = list(received.filter(Exists(some)).values_list("pk", flat=True))
    if closed:
        Return.objects.filter(pk__in=closed).update(status=ReturnStatus.REFUNDED, refunded_at=now)
        take_return_steps(closed, to=ReturnStatus.REFUNDED, now=now)


def payment_status_of(order_status: str, *, due: Decimal, sums: PaymentSums) -> OrderPaymentStatus:
    """Return the payment status of an order that costs `due`, from the sums of its payments."""
    if sums.refunded > 0:
        return (
            OrderPaymentStatus.REFUNDED
            if sums.refunded >= sums.captured
            else OrderPaymentStatus.PARTLY_REFUNDED
        )
    if sums.captured > 0 and sums.captured >= due:
        return OrderPaymentStatus.PAID
    if order_status == OrderStatus.CANCELLED or not due:
        return OrderPaymentStatus.CANCELLED
    return OrderPaymentStatus.AUTHORISED if sums.authorised > 0 else OrderPaymentStatus.PENDING
