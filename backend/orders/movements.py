"""Writes movements: sales, cancels, returns and refunds.

A movement has the time of the step that caused it, so sales and cancels are derived from an order's items and
history, in the database.
"""

from collections.abc import Collection, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import F, OuterRef, Subquery, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from backend.api.bulk_rows import insert_query
from backend.catalog.models import Product
from backend.orders.models import Movement, MovementKind, OrderItem, OrderStatus, OrderStatusHistory
from backend.orders.pricing import share

STEP_TIME = F("order__history__changed_at")

SALE_COLUMNS: dict[str, Combinable] = {
    "kind": Value(MovementKind.SALE.value),
    "order": F("order_id"),
    "order_item": F("pk"),
    "product": F("product_id"),
    "variant": F("variant_id"),
    "seller": F("product__seller_id"),
    "category_path": F("product__category__path"),
    "quantity": F("quantity"),
    "amount": Coalesce(F("net_amount"), F("total_price")),
    "currency": F("order__currency"),
    "occurred_at": STEP_TIME,
    "customer": F("order__user_id"),
    "shopper_key": F("shopper_key"),
    "exposure_id": F("exposure_id"),
    "cart_added_at": F("cart_added_at"),
}

# Seller, category and claim are copied from the sale, so that cancels can be subtracted from it.
# An order that was paid after it had expired may be cancelled a second time.
LAST_CANCELLATION = (
    OrderStatusHistory.objects.filter(order=OuterRef("order"), status=OrderStatus.CANCELLED)
    .order_by("-pk")
    .values("changed_at")[:1]
)
CANCEL_COLUMNS: dict[str, Combinable] = {
    **{name: F(name) for name in SALE_COLUMNS},
    "kind": Value(MovementKind.CANCEL.value),
    "occurred_at": Subquery(LAST_CANCELLATION),
}


def sale_of(item: OrderItem, *, product: Product, now: datetime) -> Movement:
    """Return the unsaved sale of an item whose order is confirmed now."""
    order = item.order
    return Movement(
        kind=MovementKind.SALE,
        order=order,
        order_item=item,
        product_id=item.product_id,
        variant_id=item.variant_id,
        seller_id=product.seller_id,
        category_path=product.category.path,
        quantity=item.quantity,
        amount=item.net,
        currency=order.currency,
        occurred_at=now,
        customer_id=order.user_id,
        shopper_key=item.shopper_key,
        exposure_id=item.exposure_id,
        cart_added_at=item.cart_added_at,
    )


def record_sales(order_ids: Collection[int]) -> None:
    """Write a sale for every item of the orders, at the time of their confirmation."""
    items = OrderItem.objects.filter(order__in=order_ids, order__history__status=OrderStatus.CONFIRMED)
    insert_query(Movement, SALE_COLUMNS, of=items)


def record_cancels(order_ids: Collection[int]) -> None:
    """Write a cancel for every sale of the orders, at the time of their cancellation."""
    sales = Movement.objects.filter(
        order__in=order_ids, kind=MovementKind.SALE, order__status=OrderStatus.CANCELLED
    )
    insert_query(Movement, CANCEL_COLUMNS, of=sales)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """`quantity` units of a sold order item that are cancelled or returned, after `before` other units."""

    order_item_id: int
    quantity: int
    before: int
    occurred_at: datetime

    @classmethod
    def of(cls, item: OrderItem, *, quantity: int, occurred_at: datetime) -> "Part":
        """Return the next part of an item, whose counters do not contain it yet."""
        before = item.cancelled + item.returned
        return cls(order_item_id=item.pk, quantity=quantity, before=before, occurred_at=occurred_at)


def record_parts(parts: Sequence[Part], *, kind: MovementKind) -> list[Movement]:
    """Write a movement for each part and return the movements; each order item may occur once.

    All parts of an item add up to its sale. Nothing is written for an item without a sale.
    """
    sales = Movement.objects.filter(
        kind=MovementKind.SALE, order_item__in=[part.order_item_id for part in parts]
    )
    by_item = {sale.order_item_id: sale for sale in sales}
    return Movement.objects.bulk_create(
        _movement_of(by_item[part.order_item_id], part=part, kind=kind)
        for part in parts
        if part.order_item_id in by_item
    )


def record_refunds(amounts: Mapping[int, Decimal], *, now: datetime) -> dict[int, Movement]:
    """Write a refund of money without units for each sold item, and return the movements by item.

    `amounts` are without tax, by item id.
    """
    sales = Movement.objects.filter(kind=MovementKind.SALE, order_item__in=amounts).order_by("pk")
    refunds = {sale.order_item_id or 0: _like(sale, kind=MovementKind.REFUND) for sale in sales}
    for item_id, refund in refunds.items():
        refund.quantity, refund.amount, refund.occurred_at = 0, amounts[item_id], now
    Movement.objects.bulk_create(refunds.values())
    return refunds


def _movement_of(sale: Movement, *, part: Part, kind: MovementKind) -> Movement:
    movement = _like(sale, kind=kind)
    movement.quantity = part.quantity
    movement.amount = share(
        sale.amount, currency=sale.currency, of=sale.quantity, before=part.before, units=part.quantity
    )
    movement.occurred_at = part.occurred_at
    return movement


def _like(sale: Movement, *, kind: MovementKind) -> Movement:
    """Return an unsaved movement of another kind for the same item."""
    movement = copy(sale)
    movement.pk = None
    movement.kind = kind
    return movement
