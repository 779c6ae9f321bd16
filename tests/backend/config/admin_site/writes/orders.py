"""Writes of orders, shipments and returns."""

from collections.abc import Callable
from pathlib import Path

from backend.orders.fulfilment_models import Return, ReturnReason, Shipment
from backend.orders.models import Order
from backend.orders.refund_models import GrantedRefund
from backend.orders.returns import approve, request_return
from backend.orders.shipments import deliver_all, ship_all
from tests.backend.config.admin_site.writes.write import Values, Write, status_of, values
from tests.backend.orders.steps import order_of
from tests.backend.shop import NOW, SYSTEM, customer, product


def _order(_: Path) -> Order:
    return order_of(customer(), {product(price="10.00", stock=5).variants.get().pk: 2})


def _shipped(folder: Path) -> Order:
    order = _order(folder)
    ship_all(order.pk, by=SYSTEM, now=NOW)
    return order


def _requested(folder: Path) -> Return:
    order = _shipped(folder)
    deliver_all(order.pk, by=SYSTEM, now=NOW)
    item = order.items.get()
    return request_return(
        order.pk, units={item.pk: 2}, reasons={item.pk: ReturnReason.OTHER}, by=SYSTEM, now=NOW
    )


def _approved(folder: Path) -> Return:
    row = _requested(folder)
    approve(row.pk, by=SYSTEM, now=NOW)
    return row


def _units(number: int) -> Callable[[Order], Values]:
    return lambda order: {f"item_{order.items.get().pk}": str(number)}


def _conditions(**units: int) -> Callable[[Return], Values]:
    return lambda row: {
        f"{condition}_{row.items.get().item_id}": str(number) for condition, number in units.items()
    }


TOO_LONG = values(note="n" * 501)
ORDERS = (
    Write(
        model=Order,
        name="ship-all",
        arrange=_order,
        sent=values(note="Off it goes."),
        wrong=TOO_LONG,
        error="at most 500 characters",
        state=status_of,
        expected="SHIPPED",
        audit="orders.shipped",
    ),
    Write(
        model=Order,
        name="ship",
        arrange=_order,
        sent=_units(1),
        wrong=_units(3),
        error="less than or equal to 2",
        state=status_of,
        expected="PARTIALLY_SHIPPED",
        audit="orders.shipped",
    ),
    Write(
        model=Order,
        name="deliver",
        arrange=_shipped,
        wrong=TOO_LONG,
        error="at most 500 characters",
        state=status_of,
        expected="DELIVERED",
        audit="orders.delivered",
    ),
    Write(
        model=Order,
        name="cancel",
        arrange=_order,
        sent=_units(1),
        wrong=_units(0),
        error="unit",
        state=lambda order: order.items.get().cancelled,
        expected=1,
        audit="orders.units_cancelled",
    ),
    Write(
        model=Order,
        name="refund",
        arrange=_order,
        sent=values(amount="5", reason="A scratch"),
        wrong=values(amount="1000", reason="Too much"),
        error="available",
        state=lambda order: [
            str(row.amount.normalize()) for row in GrantedRefund.objects.filter(order=order)
        ],
        expected=["5"],
        audit="orders.refund_granted",
    ),
    Write(
        model=Shipment,
        name="deliver",
        arrange=lambda folder: _shipped(folder).shipments.get(),
        wrong=TOO_LONG,
        error="at most 500 characters",
        state=lambda shipment: shipment.delivered_at is None,
        expected=False,
        audit="orders.delivered",
    ),
    *(
        Write(
            model=Return,
            name=name,
            arrange=_requested,
            sent=values(note="Fine."),
            wrong=TOO_LONG,
            error="at most 500 characters",
            state=status_of,
            expected=status,
            audit="orders.return_status_changed",
        )
        for name, status in (("approve", "APPROVED"), ("reject", "REJECTED"))
    ),
    Write(
        model=Return,
        name="receive",
        arrange=_approved,
        sent=_conditions(resellable=1, damaged=1, missing=0),
        wrong=_conditions(resellable=2, damaged=1, missing=0),
        error="must add up to 2",
        state=lambda row: row.received_at is None,
        expected=False,
        audit="orders.return_status_changed",
    ),
)
