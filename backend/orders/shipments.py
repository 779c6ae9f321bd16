"""Ships units and records their delivery, one row for each parcel."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from backend.api.errors import InvalidInput
from backend.audit.actors import Actor
from backend.audit.services import record
from backend.inventory.reservations import fulfil
from backend.orders.amounts import costs_of
from backend.orders.changes import changing, chosen, count, items_of, open_units, require_open, seller_id_of
from backend.orders.errors import ShipmentDelivered, ShipmentNotFound, UnitsNotLeft
from backend.orders.fulfilment_models import Shipment, ShipmentItem
from backend.orders.models import Order, OrderItem, PaymentMethod
from backend.orders.settlement import has_payments
from backend.orders.status import Action
from backend.outbox.services import publish
from backend.outbox.topics import Topic
from backend.payments.selectors import sums_of
from backend.payments.services import collect


def create_shipment(
    order_id: int,
    *,
    units: Mapping[int, int],
    carrier: str = "",
    tracking_number: str = "",
    seller_id: int | None = None,
    by: Actor,
    now: datetime,
    note: str = "",
) -> Shipment:
    """Ship `units` (by item id) of one seller in a parcel, and return the shipment.

    With `seller_id`, only this seller's items can be shipped.

    Raises:
        OrderNotFound: there is no such order.
        TransitionNotAllowed: it is not confirmed, or has nothing left to ship.
        InvalidInput: an item doesn't belong to the order or the seller, or the items have several sellers.
        UnitsNotLeft: fewer units are left to ship.
        ReservationShort: some of the units were damaged and have not been replaced.
    """
    with changing(order_id, Action.SHIP, by=by, now=now, note=note) as order:
        items = chosen(items_of(order, seller_id=seller_id), units=units)
        if len({seller_id_of(item) for item in items}) > 1:
            raise InvalidInput(items=["Belong to several sellers; each of them needs a shipment."])
        require_open(items, units=units)
        _take_out_of_stock(items, units=units, by=by, now=now)
        shipment = _shipment(
            order, items=items, units=units, now=now, carrier=carrier, tracking_number=tracking_number
        )
        record("orders.shipped", by=by, subject=shipment)
    return shipment


def ship_all(order_id: int, *, by: Actor, now: datetime, note: str = "") -> Order:
    """Ship the units that are left, in a parcel for each seller, and return the order.

    Raises:
        OrderNotFound: there is no such order.
        TransitionNotAllowed: it is not confirmed, or has nothing left to ship.
        ReservationShort: some of its units were damaged and have not been replaced.
    """
    with changing(order_id, Action.SHIP, by=by, now=now, note=note) as order:
        items = [item for item in items_of(order) if open_units(item)]
        units = {item.pk: open_units(item) for item in items}
        _take_out_of_stock(items, units=units, by=by, now=now)
        by_seller = defaultdict(list)
        for item in items:
            by_seller[seller_id_of(item)].append(item)
        for _, part in sorted(by_seller.items()):
            record("orders.shipped", by=by, subject=_shipment(order, items=part, units=units, now=now))
    return order


def _take_out_of_stock(
    items: Sequence[OrderItem], *, units: Mapping[int, int], by: Actor, now: datetime
) -> None:
    # An imported order holds no stock.
    reserved = {item.reservation_id: units[item.pk] for item in items if item.reservation_id is not None}
    if reserved:
        fulfil(reserved, units=reserved, by=by, now=now)
    count("shipped", units=units)


def _shipment(
    order: Order,
    *,
    items: Sequence[OrderItem],
    units: Mapping[int, int],
    now: datetime,
    carrier: str = "",
    tracking_number: str = "",
) -> Shipment:
    shipment = Shipment.objects.create(
        order=order,
        seller_id=seller_id_of(items[0]),
        number=f"{order.order_number}-{order.shipments.count() + 1}",
        carrier=carrier,
        tracking_number=tracking_number,
        shipped_at=now,
    )
    ShipmentItem.objects.bulk_create(
        ShipmentItem(shipment=shipment, item=item, quantity=units[item.pk]) for item in items
    )
    publish(Topic.SHIPMENT, shipment.pk)
    return shipment


def deliver_shipment(
    shipment_id: int,
    *,
    order_id: int,
    seller_id: int | None = None,
    by: Actor,
    now: datetime,
    note: str = "",
) -> Shipment:
    """Record that a parcel was delivered, and the cash that was paid for it; return the shipment.

    With `seller_id`, only this seller's shipments are found.

    Raises:
        ShipmentNotFound: the order has no such shipment.
        ShipmentDelivered: its delivery is recorded already.
    """
    # `order=` would raise an OverflowError for an id that is too large for the column.
    rows = Shipment.objects.filter(pk=shipment_id, order__pk=order_id)
    if seller_id is not None:
        rows = rows.filter(seller=seller_id)
    if not rows.exists():
        raise ShipmentNotFound(shipment_id=shipment_id)
    with changing(order_id, Action.DELIVER, by=by, now=now, note=note) as order:
        shipment = rows.get()
        if shipment.delivered_at is not None:
            raise ShipmentDelivered(number=shipment.number)
        _deliver([shipment], by=by, now=now)
        _collect_cash(order, reference=shipment.number, by=by, now=now)
    return shipment


def deliver_all(order_id: int, *, by: Actor, now: datetime, note: str = "") -> Order:
    """Record that everything shipped was delivered, and the cash that was paid for it; return the order.

    Raises:
        OrderNotFound: there is no such order.
        TransitionNotAllowed: the order was not shipped, or is delivered or returned already.
        UnitsNotLeft: everything shipped is delivered already.
    """
    with changing(order_id, Action.DELIVER, by=by, now=now, note=note) as order:
        if all(item.delivered == item.shipped for item in order.items.all()):
            raise UnitsNotLeft(items=[])
        shipments = list(order.shipments.filter(delivered_at=None))
        _deliver(shipments, by=by, now=now)
        # Units that an earlier release shipped are in no shipment.
        rest = {item.pk: item.shipped - item.delivered for item in order.items.all()}
        count("delivered", units=rest)
        reference = shipments[-1].number if shipments else "delivery"
        _collect_cash(order, reference=reference, by=by, now=now)
    return order


def _deliver(shipments: Sequence[Shipment], *, by: Actor, now: datetime) -> None:
    units: dict[int, int] = defaultdict(int)
    for row in ShipmentItem.objects.filter(shipment__in=shipments):
        units[row.item_id] += row.quantity
    if units:
        count("delivered", units=units)
    for shipment in shipments:
        shipment.delivered_at = now
        shipment.save(update_fields=["delivered_at"])
        record("orders.delivered", by=by, subject=shipment)


def _collect_cash(order: Order, *, reference: str, by: Actor, now: datetime) -> None:
    """Record what is paid in cash for everything delivered so far, apart from what was paid before."""
    if order.payment_method != PaymentMethod.COD or not has_payments(order):
        return
    owed = costs_of(order).due_for_delivered - sums_of(order.order_number).kept
    if owed > 0:
        collect(order.order_number, amount=owed, reference=reference, by=by, now=now)
