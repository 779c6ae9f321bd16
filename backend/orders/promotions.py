"""What an order has of promotions: adjustments, uses, and their return when units are cancelled."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from backend.orders.models import AdjustmentKind, Order, OrderAdjustment, OrderItem
from backend.orders.pricing import Totals
from backend.promotions import uses as promotion_uses
from backend.promotions.customers import use_owner
from backend.promotions.evaluation import Evaluation
from backend.promotions.reading import Terms
from backend.promotions.rules import Rule
from backend.promotions.uses import Use


def adjustments_of(
    order: Order, *, items: Iterable[OrderItem], evaluation: Evaluation, totals: Totals
) -> list[OrderAdjustment]:
    """Return the unsaved rows of what promotions take off items and shipping."""
    by_variant = {item.variant_id: item for item in items}
    rows = [
        _adjustment(
            order,
            reduction.rule,
            code=reduction.code,
            amount=amount,
            item=by_variant[variant_id],
            units=reduction.units[variant_id],
        )
        for reduction in evaluation.reductions
        for variant_id, amount in sorted(reduction.amounts.items())
    ]
    return rows + [
        _adjustment(order, each.rule, code=each.code, amount=each.amount)
        for each in totals.shipping_reductions
    ]


def _adjustment(
    order: Order,
    rule: Rule,
    *,
    code: str,
    amount: Decimal,
    item: OrderItem | None = None,
    units: int | None = None,
) -> OrderAdjustment:
    return OrderAdjustment(
        order=order,
        item=item,
        kind=AdjustmentKind.PROMOTION,
        code=code,
        description=rule.name,
        promotion_id=rule.id,
        units=units,
        amount=-amount,
    )


def uses_of(evaluation: Evaluation, *, totals: Totals, terms: Terms | None) -> list[Use]:
    """Return what an order uses of each promotion that is applied."""
    codes = terms.codes if terms else {}
    return [
        *(
            Use(rule=each.rule, code=codes.get(each.code), units=each.unit_count, amount=each.amount)
            for each in evaluation.reductions
        ),
        *(
            Use(rule=each.rule, code=codes.get(each.code), amount=each.amount)
            for each in totals.shipping_reductions
        ),
    ]


def give_back_uses(order: Order, *, now: datetime) -> None:
    """Give back what the order's cancelled units had used; its row is locked, its counters are current.

    Of units of a line of which some were reduced, as many reduced ones are given back as are in proportion to
    the cancelled ones, rounded down: when all are cancelled, all are given back.
    """
    rows = list(order.adjustments.filter(promotion__isnull=False))
    if not rows:
        return
    items = {item.pk: item for item in OrderItem.objects.filter(order=order)}
    units: dict[int, int] = defaultdict(int)
    for row in rows:
        if row.item_id is not None and row.promotion_id is not None:
            item = items[row.item_id]
            units[row.promotion_id] += (row.units or 0) * item.cancelled // item.quantity
    promotion_uses.give_back(
        order.order_number,
        units=units,
        is_cancelled=_is_cancelled(list(items.values())),
        used_by=_customer_of(order),
        now=now,
    )


def _is_cancelled(items: Sequence[OrderItem]) -> bool:
    return all(item.cancelled == item.quantity for item in items)


def take_uses_again(order: Order) -> None:
    """Take again what an expired order gave back.

    Raises:
        PromotionUsedUp: a cap doesn't allow it; the caller's transaction must be rolled back.
    """
    promotion_uses.take_again(order.order_number, used_by=_customer_of(order))


def _customer_of(order: Order) -> str:
    return use_owner(user_id=order.user_id, email=order.email)
