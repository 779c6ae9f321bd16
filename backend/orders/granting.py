"""Stores refunds of money without units, with a line and a movement for each item."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from backend.api import money
from backend.audit.actors import Actor
from backend.audit.services import record
from backend.orders.models import Order, OrderItem
from backend.orders.movements import record_refunds
from backend.orders.refund_models import GrantedRefund, GrantedRefundLine, RefundKind


class Amount(NamedTuple):
    """An amount with tax, and the tax in it."""

    amount: Decimal
    tax: Decimal


def allocated(
    total: Amount, *, items: Sequence[OrderItem], weights: Sequence[Decimal], currency: str
) -> dict[int, Amount]:
    """Return the parts of the amount and of its tax, by item id."""
    parts = money.allocate(total.amount, weights=weights, currency=currency)
    # The tax in a part is never more than the part.
    taxes = money.allocate(total.tax, weights=parts, currency=currency)
    return {item.pk: Amount(part, tax) for item, part, tax in zip(items, parts, taxes, strict=True) if part}


def grant(
    order: Order,
    parts: Mapping[int, Amount],
    *,
    kind: RefundKind,
    reason: str,
    by: Actor,
    now: datetime,
) -> None:
    """Store a refund of these parts (by item id) of an order that the caller has locked."""
    amount = sum((part.amount for part in parts.values()), Decimal(0))
    refund = GrantedRefund.objects.create(
        order=order,
        kind=kind,
        amount=amount,
        tax_amount=sum((part.tax for part in parts.values()), Decimal(0)),
        reason=reason,
        granted_by_id=by.user_id,
        granted_at=now,
    )
    movements = record_refunds({pk: part.amount - part.tax for pk, part in parts.items()}, now=now)
    GrantedRefundLine.objects.bulk_create(
        GrantedRefundLine(
            refund=refund,
            item_id=item_id,
            movement=movements[item_id],
            amount=part.amount,
            tax_amount=part.tax,
        )
        for item_id, part in sorted(parts.items())
    )
    record("orders.refund_granted", by=by, subject=refund, changes={"amount": (None, amount)})
