"""Takes units back: a return is requested, decided and received, and the money follows from the units."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Q, Sum

from backend.api.errors import InvalidInput
from backend.audit.actors import Actor
from backend.audit.services import record
from backend.inventory.models import TransactionType
from backend.inventory.services import Entry, record_many
from backend.orders.changes import changing, chosen, count, items_of
from backend.orders.errors import ReturnNotFound, ReturnStepNotAllowed, ReturnTooLarge
from backend.orders.fulfilment_models import (
    OPEN_RETURNS,
    Return,
    ReturnItem,
    ReturnReason,
    ReturnStatus,
    ShipmentItem,
)
from backend.orders.models import MovementKind, Order, OrderItem, OrderStatus
from backend.orders.movements import Part, record_parts
from backend.orders.return_steps import take_return_steps
from backend.orders.status import Action, require_allowed
from backend.orders.steps import locked

STEPS: dict[ReturnStatus, frozenset[ReturnStatus]] = {
    ReturnStatus.APPROVED: frozenset({ReturnStatus.REQUESTED}),
    ReturnStatus.REJECTED: frozenset({ReturnStatus.REQUESTED}),
    ReturnStatus.WITHDRAWN: frozenset(OPEN_RETURNS),
    ReturnStatus.RECEIVED: frozenset({ReturnStatus.APPROVED}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """The conditions in which the units of a line arrived: how many units of each."""

    resellable: int = 0
    damaged: int = 0
    missing: int = 0

    @property
    def units(self) -> int:
        """The units of the line."""
        return self.resellable + self.damaged + self.missing


def request_return(
    order_id: int,
    *,
    units: Mapping[int, int],
    reasons: Mapping[int, ReturnReason],
    within_window: bool = True,
    by: Actor,
    now: datetime,
    note: str = "",
) -> Return:
    """Announce the return of delivered `units`, with a reason each (both by item id), and return it.

    Units can be returned within RETURN_WINDOW of their delivery. Staff can announce the return of any shipped
    units (`within_window` is False).

    Raises:
        OrderNotFound: there is no such order.
        TransitionNotAllowed: it was not shipped.
        InvalidInput: an item doesn't belong to the order.
        ReturnTooLarge: fewer units can be returned.
    """
    with transaction.atomic():
        order = locked(order_id)
        require_allowed(Action.RETURN, status=order.status)
        items = chosen(items_of(order), units=units)
        limits = _delivered_since(order, items=items, since=now - settings.RETURN_WINDOW)
        _require_returnable(items, units=units, limits=limits if within_window else {})
        requested = _new_return(order, now=now, note=note)
        ReturnItem.objects.bulk_create(
            ReturnItem(
                return_request=requested,
                item=item,
                quantity=units[item.pk],
                reason=reasons.get(item.pk, ReturnReason.OTHER),
            )
            for item in items
        )
        record("orders.return_requested", by=by, subject=requested)
        take_return_steps([requested.pk], to=ReturnStatus.REQUESTED, now=now)
    return requested


def approve(return_id: int, *, by: Actor, now: datetime, note: str = "") -> Return:
    """Approve a return, so that the customer sends the units.

    Raises:
        ReturnNotFound: there is no such return.
        ReturnStepNotAllowed: it isn't REQUESTED.
    """
    return _decide(return_id, to=ReturnStatus.APPROVED, by=by, now=now, note=note)


def reject(return_id: int, *, by: Actor, now: datetime, note: str = "") -> Return:
    """Reject a return.

    Raises:
        ReturnNotFound: there is no such return.
        ReturnStepNotAllowed: it isn't REQUESTED.
    """
    return _decide(return_id, to=ReturnStatus.REJECTED, by=by, now=now, note=note)


def withdraw(return_id: int, *, by: Actor, now: datetime) -> Return:
    """Withdraw a return that isn't received yet.

    Raises:
        ReturnNotFound: there is no such return.
        ReturnStepNotAllowed: it is rejected, received or withdrawn already.
    """
    with transaction.atomic():
        row = _locked_return(return_id)
        _take(row, to=ReturnStatus.WITHDRAWN, by=by, now=now)
        row.save(update_fields=["status"])
    return row


def receive(
    return_id: int,
    *,
    conditions: Mapping[int, Condition],
    refund_shipping: bool | None = None,
    by: Actor,
    now: datetime,
) -> Return:
    """Take the units of an approved return into stock, by their condition (by item id); return it.

    Damaged units enter the stock and leave it at once, so that the ledger shows them. The customer gets the
    money for the units that came back, damaged or not. `refund_shipping` says whether shipping is refunded,
    too; None leaves it to the shop's rule.

    Raises:
        ReturnNotFound: there is no such return.
        ReturnStepNotAllowed: it isn't APPROVED.
        TransitionNotAllowed: the order's status doesn't allow returns.
        InvalidInput: the conditions don't account for each unit of each line.
    """
    order_id = _order_id_of(return_id)
    with changing(order_id, Action.RETURN, by=by, now=now) as order:
        row = Return.objects.get(pk=return_id)
        _take(row, to=ReturnStatus.RECEIVED, by=by, now=now)
        lines = list(row.items.select_related("item__reservation"))
        _set_conditions(lines, conditions=conditions)
        _take_into_stock(order, lines=lines, by=by, now=now, note=row.number)
        row.received_at, row.refund_shipping = now, refund_shipping
        row.save(update_fields=["status", "received_at", "refund_shipping"])
    row.refresh_from_db()
    return row


def receive_at_once(
    order_id: int,
    *,
    units: Mapping[int, int],
    refund_shipping: bool | None = None,
    by: Actor,
    now: datetime,
    note: str = "",
) -> Order:
    """Take back resellable `units` (by item id) that were not announced, and return the order.

    `refund_shipping` is as for `receive`.

    Raises:
        OrderNotFound: there is no such order.
        TransitionNotAllowed: it was not shipped.
        InvalidInput: an item doesn't belong to the order.
        ReturnTooLarge: more units would be returned than were shipped; nothing is changed.
    """
    with changing(order_id, Action.RETURN, by=by, now=now, note=note) as order:
        items = chosen(items_of(order), units=units)
        _require_returnable(items, units=units, limits={})
        row = _new_return(order, now=now, note=note)
        row.status, row.decided_at, row.received_at = ReturnStatus.RECEIVED, now, now
        row.refund_shipping = refund_shipping
        row.save(update_fields=["status", "decided_at", "received_at", "refund_shipping"])
        take_return_steps([row.pk], to=ReturnStatus.RECEIVED, now=now)
        lines = ReturnItem.objects.bulk_create(
            ReturnItem(return_request=row, item=item, quantity=units[item.pk], resellable=units[item.pk])
            for item in items
        )
        _take_into_stock(order, lines=lines, by=by, now=now, note=note)
    return order


def _decide(return_id: int, *, to: ReturnStatus, by: Actor, now: datetime, note: str) -> Return:
    with transaction.atomic():
        row = _locked_return(return_id)
        _take(row, to=to, by=by, now=now)
        row.decided_at, row.decision_note = now, note
        row.save(update_fields=["status", "decided_at", "decision_note"])
    return row


def _order_id_of(return_id: int) -> int:
    order_id = Return.objects.filter(pk=return_id).values_list("order_id", flat=True).first()
    if order_id is None:
        raise ReturnNotFound(return_id=return_id)
    return order_id


def _locked_return(return_id: int) -> Return:
    """Return the return, whose order is locked, as for every step of a return."""
    locked(_order_id_of(return_id))
    return Return.objects.get(pk=return_id)


def _take(row: Return, *, to: ReturnStatus, by: Actor, now: datetime) -> None:
    if row.status not in STEPS[to]:
        raise ReturnStepNotAllowed(status=row.status, requested_status=to, allowed_from=sorted(STEPS[to]))
    record("orders.return_status_changed", by=by, subject=row, changes={"status": (row.status, to)})
    take_return_steps([row.pk], to=to, now=now)
    row.status = to


def _new_return(order: Order, *, now: datetime, note: str) -> Return:
    number = f"{order.order_number}-R{order.returns.count() + 1}"
    return Return.objects.create(order=order, number=number, note=note, requested_at=now)


def _delivered_since(order: Order, *, items: Iterable[OrderItem], since: datetime) -> dict[int, int]:
    """Return the units of each item that were delivered at `since` or later."""
    rows = ShipmentItem.objects.filter(item__in=items).values("item")
    recent = Sum("quantity", filter=Q(shipment__delivered_at__gte=since), default=0)
    shipped = {row["item"]: row["recent"] for row in rows.annotate(recent=recent)}
    # Units that an earlier release shipped are in no shipment.
    whole = order.history.filter(status=OrderStatus.DELIVERED, changed_at__gte=since).exists()
    return {item.pk: shipped.get(item.pk, item.delivered if whole else 0) for item in items}


def _require_returnable(
    items: Sequence[OrderItem], *, units: Mapping[int, int], limits: Mapping[int, int]
) -> None:
    """Check that so many units of each item are shipped, and not returned or announced yet.

    Raises:
        ReturnTooLarge: they are not, or `limits` allows fewer.
    """
    announced = dict(
        ReturnItem.objects.filter(item__in=items, return_request__status__in=OPEN_RETURNS)
        .values_list("item")
        .annotate(total=Sum("quantity"))
        .order_by()
    )
    refused = []
    for item in items:
        free = item.shipped - item.returned - announced.get(item.pk, 0)
        if units[item.pk] > min(free, limits.get(item.pk, free)):
            refused.append(
                {
                    "item_id": item.pk,
                    "quantity": item.quantity,
                    "returned": item.returned,
                    "announced": announced.get(item.pk, 0),
                    "requested": units[item.pk],
                }
            )
    if refused:
        raise ReturnTooLarge(items=refused)


def _set_conditions(lines: Sequence[ReturnItem], *, conditions: Mapping[int, Condition]) -> None:
    chosen([line.item for line in lines], units=dict.fromkeys(conditions, 1))
    for line in lines:
        found = conditions.get(line.item_id, Condition())
        if found.units != line.quantity:
            fault = f"Item {line.item_id}: the units must add up to {line.quantity}, not {found.units}."
            raise InvalidInput(items=[fault])
        line.resellable, line.damaged, line.missing = found.resellable, found.damaged, found.missing
    ReturnItem.objects.bulk_update(lines, ["resellable", "damaged", "missing"])


def _take_into_stock(
    order: Order, *, lines: Sequence[ReturnItem], by: Actor, now: datetime, note: str
) -> None:
    received = [line for line in lines if line.received]
    entries = [entry for line in received for entry in _entries(line, order=order, note=note)]
    if not entries:
        return
    record_many(entries, by=by, now=now)
    record_parts(
        [Part.of(line.item, quantity=line.received, occurred_at=now) for line in received],
        kind=MovementKind.RETURN,
    )
    count("returned", units={line.item_id: line.received for line in received})
    changes = {
        f"item {line.item_id}": (line.item.returned, line.item.returned + line.received) for line in received
    }
    record("orders.units_returned", by=by, subject=order, changes=changes)


def _entries(line: ReturnItem, *, order: Order, note: str) -> list[Entry]:
    def entry(transaction_type: TransactionType, quantity: int) -> Entry:
        return Entry(
            variant_id=line.item.variant_id,
            transaction_type=transaction_type,
            quantity=quantity,
            reference=order.order_number,
            notes=note,
        )

    entries = [entry(TransactionType.RETURN, line.received)]
    return [*entries, entry(TransactionType.DAMAGE, line.damaged)] if line.damaged else entries
