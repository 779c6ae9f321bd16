"""Events of orders, shipments and payments.

Documents have no personal data, so tracking numbers, notes and ids of customers are left out.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch

from backend.api.money import written
from backend.orders.changes import seller_id_of
from backend.orders.fulfilment_models import Shipment, ShipmentItem
from backend.orders.models import Order, OrderItem, OrderStatus, OrderStatusHistory
from backend.payments.models import EventKind, PaymentEvent
from backend.webhooks.recording import NewEvent
from backend.webhooks.wanted import Scope, Wanted

_STEPS = {status: f"order.{status.lower()}" for status in OrderStatus} | {OrderStatus.PENDING: "order.placed"}
_PAYMENTS = {
    EventKind.AUTHORISED: "payment.authorised",
    EventKind.CAPTURED: "payment.captured",
    EventKind.VOIDED: "payment.voided",
    EventKind.DECLINED: "payment.declined",
    EventKind.CAPTURE_FAILED: "payment.capture_failed",
    EventKind.VOID_FAILED: "payment.void_failed",
    EventKind.DISPUTED: "payment.disputed",
    EventKind.REFUNDED: "refund.created",
    EventKind.REFUND_FAILED: "refund.failed",
}


def of_steps(keys: Sequence[int], wanted: Wanted, now: datetime) -> Mapping[int, Sequence[NewEvent]]:
    """Return the events of steps of orders, by the id of the step (2 queries)."""
    items = Prefetch("order__items", OrderItem.objects.select_related("product", "variant").order_by("pk"))
    steps = OrderStatusHistory.objects.filter(pk__in=keys).select_related("order")
    return {step.pk: list(_of_step(step, wanted)) for step in steps.prefetch_related(items)}


def _of_step(step: OrderStatusHistory, wanted: Wanted) -> Iterator[NewEvent]:
    name = _STEPS[OrderStatus(step.status)]
    items = list(step.order.items.all())
    sellers: set[Scope] = {seller_id_of(item) for item in items}
    for scope in wanted.scopes(name) & (sellers | {None}):
        yield NewEvent(
            type=name,
            source=f"order_step:{step.pk}",
            object=f"order:{step.order.order_number}",
            scope=scope,
            occurred_at=step.changed_at,
            data=_order(step, items=items, scope=scope),
        )


def _order(step: OrderStatusHistory, *, items: Sequence[OrderItem], scope: Scope) -> dict[str, Any]:
    order = step.order
    return {
        "order_id": order.pk,
        "order_number": order.order_number,
        "status": step.status,
        "currency": order.currency,
        "placed_at": _time(order.placed_at),
        "items": [_item(item, currency=order.currency) for item in items if _is_visible(item, scope)],
        "amounts": None if scope is not None else _amounts(order),
    }


def _amounts(order: Order) -> dict[str, str]:
    sums = {
        "subtotal": order.subtotal,
        "tax": order.tax_amount,
        "shipping": order.shipping_cost,
        "charges": order.charges,
        "total": order.total_amount,
    }
    return {name: written(amount, currency=order.currency) for name, amount in sums.items()}


def _is_visible(item: OrderItem, scope: Scope) -> bool:
    return scope in (None, seller_id_of(item))


def _item(item: OrderItem, *, currency: str) -> dict[str, Any]:
    return {
        **_units(item, quantity=item.quantity),
        "unit_price": written(item.unit_price, currency=currency),
        "discount": written(item.discount_amount or Decimal(0), currency=currency),
        "total_price": written(item.total_price, currency=currency),
        "cancelled": item.cancelled,
        "shipped": item.shipped,
        "delivered": item.delivered,
        "returned": item.returned,
    }


def _units(item: OrderItem, *, quantity: int) -> dict[str, Any]:
    return {
        "item_id": item.pk,
        "product_id": item.product_id,
        "variant_id": item.variant_id,
        "sku": item.variant.sku,
        "seller_id": seller_id_of(item),
        "quantity": quantity,
    }


def of_orders(keys: Sequence[int], wanted: Wanted, now: datetime) -> Mapping[int, Sequence[NewEvent]]:
    """Return the events of the shipments of orders, by the id of the order (2 queries).

    Those that were published before are among them; events are stored once.
    """
    items = Prefetch("items", ShipmentItem.objects.select_related("item__product", "item__variant"))
    rows = Shipment.objects.filter(order__in=keys).select_related("order").prefetch_related(items)
    found: dict[int, list[NewEvent]] = {}
    for shipment in rows.order_by("pk"):
        found.setdefault(shipment.order_id, []).extend(_of_shipment(shipment, wanted))
    return found


def _of_shipment(shipment: Shipment, wanted: Wanted) -> Iterator[NewEvent]:
    times = {"shipment.created": shipment.shipped_at, "shipment.delivered": shipment.delivered_at}
    own: set[Scope] = {None, shipment.seller_id}
    for name, occurred_at in times.items():
        if occurred_at is None:
            continue
        for scope in wanted.scopes(name) & own:
            yield NewEvent(
                type=name,
                source=f"shipment:{shipment.pk}",
                object=f"order:{shipment.order.order_number}",
                scope=scope,
                occurred_at=occurred_at,
                data=_shipment(shipment),
            )


def _shipment(shipment: Shipment) -> dict[str, Any]:
    return {
        "shipment_id": shipment.pk,
        "number": shipment.number,
        "order_id": shipment.order_id,
        "order_number": shipment.order.order_number,
        "seller_id": shipment.seller_id,
        "carrier": shipment.carrier,
        "shipped_at": _time(shipment.shipped_at),
        "delivered_at": _time(shipment.delivered_at),
        "items": [_units(line.item, quantity=line.quantity) for line in shipment.items.all()],
    }


def of_payments(keys: Sequence[int], wanted: Wanted, now: datetime) -> Mapping[int, Sequence[NewEvent]]:
    """Return the events of payments, by the id of the payment's event (1 query).

    What contradicts its payment is left for an operator, and makes no event.
    """
    rows = PaymentEvent.objects.filter(pk__in=keys, problem="", kind__in=_PAYMENTS)
    return {row.pk: list(_of_payment(row, wanted)) for row in rows.select_related("payment")}


def _of_payment(row: PaymentEvent, wanted: Wanted) -> Iterator[NewEvent]:
    name = _PAYMENTS[EventKind(row.kind)]
    if None not in wanted.scopes(name):
        return
    payment = row.payment
    yield NewEvent(
        type=name,
        source=f"payment_event:{row.pk}",
        object=f"order:{payment.order_number}",
        scope=None,
        # The gateway's clock may be wrong, and reports come late.
        occurred_at=row.recorded_at,
        data={
            "payment_id": str(payment.pk),
            "order_number": payment.order_number,
            "gateway": payment.gateway,
            "kind": row.kind,
            "amount": written(row.amount, currency=row.currency),
            "currency": row.currency,
        },
    )


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")
