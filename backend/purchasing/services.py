"""Changes to reorder rules and purchase orders."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db import IntegrityError, transaction

from backend.api import money
from backend.api.errors import InvalidInput
from backend.audit.actors import Actor
from backend.audit.services import differences, record
from backend.catalog.models import Variant
from backend.inventory.models import TransactionType
from backend.inventory.services import Entry, record_many
from backend.purchasing.errors import (
    PurchaseOrderNotFound,
    PurchaseOrderStatusConflict,
    ReceiptTooLarge,
    SupplierExists,
)
from backend.purchasing.models import (
    PurchaseOrder,
    PurchaseOrderLine,
    PurchaseOrderStatus,
    ReorderRule,
    Supplier,
)

Status = PurchaseOrderStatus
RULE_FIELDS = (
    "supplier_id",
    "supplier_sku",
    "reorder_point",
    "target_stock",
    "lead_time_days",
    "pack_size",
    "unit_cost",
)


class Step(StrEnum):
    """A change of a purchase order's status by a user."""

    APPROVE = "approve"
    """Approve the draft; its lines can't be changed any more."""
    SEND = "send"
    """Record that the order was sent to the supplier."""
    CANCEL = "cancel"
    """End the order. It is RECEIVED if some units were delivered, otherwise CANCELLED."""


ALLOWED: Mapping[Step, tuple[PurchaseOrderStatus, ...]] = {
    Step.APPROVE: (Status.DRAFT,),
    Step.SEND: (Status.APPROVED,),
    Step.CANCEL: (Status.DRAFT, Status.APPROVED, Status.SENT),
}
"""The statuses that allow each step."""
TIMES: Mapping[Step, str] = {
    Step.APPROVE: "approved_at",
    Step.SEND: "sent_at",
    Step.CANCEL: "closed_at",
}
"""The columns with the times of the steps."""


def create_supplier(*, seller_id: int, name: str, by: Actor) -> Supplier:
    """Create a supplier of the seller.

    Raises:
        SupplierExists: the seller has one with this name.
    """
    try:
        with transaction.atomic():
            supplier = Supplier.objects.create(seller_id=seller_id, name=name)
            record("purchasing.supplier_created", by=by, subject=supplier, changes={"name": (None, name)})
    except IntegrityError as error:
        raise SupplierExists(name=name) from error
    return supplier


def set_reorder_rule(variant: Variant, *, values: Mapping[str, Any], by: Actor) -> ReorderRule:
    """Create or replace the variant's reorder rule; `values` are columns of ReorderRule.

    Raises:
        InvalidInput: the target is not above the reorder point, or the unit cost has too many decimal places
            for the currency of the product or is too high to store.
    """
    if (cost := values.get("unit_cost")) is not None:
        _require_valid_cost(cost, currency=variant.product.currency)
    point, target = values.get("reorder_point"), values.get("target_stock")
    if point is not None and target is not None and target <= point:
        raise InvalidInput(target_stock=["Must be above reorder_point."])
    with transaction.atomic():
        earlier = ReorderRule.objects.filter(variant=variant).values(*RULE_FIELDS).first()
        rule, _ = ReorderRule.objects.update_or_create(variant=variant, defaults=dict(values))
        changes = differences(earlier or dict.fromkeys(RULE_FIELDS), _fields_of(rule))
        record("purchasing.rule_set", by=by, subject=rule, changes=changes)
    return rule


def _fields_of(rule: ReorderRule) -> dict[str, object]:
    return {name: getattr(rule, name) for name in RULE_FIELDS}


def _require_valid_cost(cost: Decimal, *, currency: str) -> None:
    money.require_precise(currency, unit_cost=cost)
    highest = money.highest_price(currency)
    if cost > highest:
        raise InvalidInput(unit_cost=[f"Must be at most {highest}."])


def delete_reorder_rule(rule: ReorderRule, *, by: Actor) -> None:
    """Delete the rule; the variant is not reordered any more."""
    with transaction.atomic():
        changes = differences(_fields_of(rule), dict.fromkeys(RULE_FIELDS))
        record("purchasing.rule_deleted", by=by, subject=rule, changes=changes)
        rule.delete()


def change_lines(number: str, *, quantities: Mapping[int, int], by: Actor) -> PurchaseOrder:
    """Set the quantities of a draft's lines by variant id; 0 removes a line.

    Raises:
        PurchaseOrderNotFound: there is no such order.
        PurchaseOrderStatusConflict: it is not a draft.
        InvalidInput: it has no line for one of the variants.
    """
    with transaction.atomic():
        order = _locked(number, allowed=(Status.DRAFT,))
        lines = _lines_of(order, variant_ids=quantities)
        changes = {}
        for variant_id, quantity in quantities.items():
            line = lines[variant_id]
            changes[f"variant {variant_id}"] = (line.quantity, quantity)
            if quantity == 0:
                line.delete()
            else:
                line.quantity, line.is_edited = quantity, True
                line.save(update_fields=["quantity", "is_edited"])
        record("purchasing.order_changed", by=by, subject=order, changes=changes)
    return order


def take_step(number: str, step: Step, *, by: Actor, now: datetime) -> PurchaseOrder:
    """Approve, send or cancel the order, and return it.

    Raises:
        PurchaseOrderNotFound: there is no such order.
        PurchaseOrderStatusConflict: its status does not allow the step.
        InvalidInput: a draft without lines can't be approved.
    """
    with transaction.atomic():
        order = _locked(number, allowed=ALLOWED[step])
        setattr(order, TIMES[step], now)
        return _moved(order, to=_status_after(step, order=order), by=by)


def _status_after(step: Step, *, order: PurchaseOrder) -> PurchaseOrderStatus:
    match step:
        case Step.APPROVE:
            if not order.lines.exists():
                raise InvalidInput(lines=["The purchase order has no lines; cancel it instead."])
            return Status.APPROVED
        case Step.SEND:
            return Status.SENT
        case Step.CANCEL:
            some_came = order.lines.filter(received__gt=0).exists()
            return Status.RECEIVED if some_came else Status.CANCELLED


def receive(
    number: str, *, units: Mapping[int, int], accept_excess: bool, by: Actor, now: datetime
) -> PurchaseOrder:
    """Record a delivery: `units` by variant id enter the stock ledger as IN, with the order's number.

    The order is RECEIVED when nothing is outstanding any more.

    Raises:
        PurchaseOrderNotFound: there is no such order.
        PurchaseOrderStatusConflict: it is not approved or sent.
        InvalidInput: it has no line for one of the variants.
        ReceiptTooLarge: more than outstanding was delivered, and `accept_excess` is false.
    """
    with transaction.atomic():
        order = _locked(number, allowed=(Status.APPROVED, Status.SENT))
        lines = _lines_of(order, variant_ids=units)
        if not accept_excess:
            _require_outstanding(lines, units=units)
        changes = {}
        for variant_id, count in units.items():
            line = lines[variant_id]
            changes[f"variant {variant_id}"] = (line.received, line.received + count)
            line.received += count
        PurchaseOrderLine.objects.bulk_update(lines.values(), ["received"])
        entries = [
            Entry(
                variant_id=variant_id,
                transaction_type=TransactionType.IN,
                quantity=count,
                reference=order.number,
            )
            for variant_id, count in sorted(units.items())
        ]
        record_many(entries, by=by, now=now)
        record("purchasing.delivery_received", by=by, subject=order, changes=changes)
        if not any(line.outstanding for line in order.lines.all()):
            order.closed_at = now
            _moved(order, to=Status.RECEIVED, by=by)
    return order


def _require_outstanding(lines: Mapping[int, PurchaseOrderLine], *, units: Mapping[int, int]) -> None:
    excess = [
        {
            "variant": variant_id,
            "sku": lines[variant_id].variant.sku,
            "delivered": count,
            "outstanding": lines[variant_id].outstanding,
        }
        for variant_id, count in units.items()
        if count > lines[variant_id].outstanding
    ]
    if excess:
        raise ReceiptTooLarge(items=excess)


def _lines_of(order: PurchaseOrder, *, variant_ids: Mapping[int, int]) -> dict[int, PurchaseOrderLine]:
    rows = order.lines.select_related("variant").filter(variant_id__in=variant_ids)
    lines = {line.variant_id: line for line in rows}
    if missing := sorted(set(variant_ids) - lines.keys()):
        raise InvalidInput(items=[f"The purchase order has no line for variant {pk}." for pk in missing])
    return lines


def _locked(number: str, *, allowed: tuple[PurchaseOrderStatus, ...]) -> PurchaseOrder:
    order = PurchaseOrder.objects.select_for_update(no_key=True).filter(number=number).first()
    if order is None:
        raise PurchaseOrderNotFound(number=number)
    if order.status not in allowed:
        raise PurchaseOrderStatusConflict(status=order.status, allowed=[status.value for status in allowed])
    return order


def _moved(order: PurchaseOrder, *, to: PurchaseOrderStatus, by: Actor) -> PurchaseOrder:
    before, order.status = order.status, to
    order.save()
    record("purchasing.status_changed", by=by, subject=order, changes={"status": (before, to.value)})
    return order
