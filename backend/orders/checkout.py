"""Checkout: turns a cart into an order.

Checkout is one transaction that locks the cart and its variants, so the order has the prices and stock at the
commit. Orders are paid in cash on delivery, so an order is confirmed, and counts as a sale, when it is
placed.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from backend.accounts.models import User
from backend.api import money
from backend.audit.actors import Actor
from backend.audit.services import record
from backend.carts.contents import Contents, Line
from backend.carts.services import locked_contents, remove_ordered
from backend.inventory.models import Reservation
from backend.inventory.services import reserve, shortage
from backend.orders.errors import CartEmpty, ItemsUnavailable, OrderTooLarge, PriceChanged
from backend.orders.models import Order, OrderItem, OrderStatus, OrderStatusHistory
from backend.orders.movements import record_sales
from backend.orders.numbers import order_number
from backend.orders.pricing import tariff
from backend.orders.snapshots import snapshot_of
from backend.outbox.services import publish, publish_many
from backend.outbox.topics import Topic


def place_order(
    user: User,
    *,
    shipping_address: Mapping[str, str],
    notes: str,
    by: Actor,
    now: datetime,
    expected_total: Decimal | None = None,
) -> Order:
    """Order the contents of the user's cart, with cash on delivery, and return the confirmed order.

    Raises:
        CartEmpty: the cart is empty.
        ItemsUnavailable: a line is no longer for sale, or too few units are available.
        OrderTooLarge: the total is too high to store.
        PriceChanged: the total is not `expected_total`.
        InvalidInput: `expected_total` has too many decimal places for the currency.
    """
    with transaction.atomic():
        contents = locked_contents(user.pk)
        order = _order_of(contents, user=user, now=now)
        order.shipping_address = dict(shipping_address)
        order.notes = notes
        if expected_total is not None:
            _require_expected(order, total=expected_total)
        order.save()
        units = {line.item.variant_id: line.item.quantity for line in contents.lines}
        reservations = reserve(units, reference=order.order_number, now=now)
        _store_items(order, contents=contents, reservations=reservations)
        _confirm(order, by=by, now=now)
        remove_ordered(contents)
        placed = {"status": (None, order.status), "total_amount": (None, order.total_amount)}
        record("orders.order_placed", by=by, subject=order, changes=placed)
        publish(Topic.ORDER, order.pk)
    return order


def _require_expected(order: Order, *, total: Decimal) -> None:
    money.require_precise(order.currency, expected_total=total)
    if total != order.total_amount:
        raise PriceChanged(
            expected_total=money.written(total, currency=order.currency),
            total_amount=money.written(order.total_amount, currency=order.currency),
        )


def _require_storable(total: Decimal, *, currency: str) -> None:
    highest = money.highest_total(currency)
    if total > highest:
        raise OrderTooLarge(total_amount=money.written(total, currency=currency), max_total=str(highest))


def _order_of(contents: Contents, *, user: User, now: datetime) -> Order:
    if contents.not_orderable:
        raise ItemsUnavailable(items=[_unavailable_item(line) for line in contents.not_orderable])
    if contents.currency is None:
        raise CartEmpty
    totals = tariff().totals(contents.subtotal, currency=contents.currency)
    _require_storable(totals.total_amount, currency=contents.currency)
    return Order(
        order_number=order_number(),
        user=user,
        customer_name=user.get_full_name(),
        customer_phone=user.phone or "",
        status=OrderStatus.CONFIRMED,
        currency=contents.currency,
        subtotal=totals.subtotal,
        tax_amount=totals.tax_amount,
        shipping_cost=totals.shipping_cost,
        total_amount=totals.total_amount,
        placed_at=now,
    )


def _unavailable_item(line: Line) -> dict[str, object]:
    return {
        "item_id": line.item.pk,
        "problem": line.problem,
        **shortage(line.item.variant, wanted=line.item.quantity),
    }


def _store_items(order: Order, *, contents: Contents, reservations: Mapping[int, Reservation]) -> None:
    OrderItem.objects.bulk_create(
        OrderItem(
            order=order,
            product_id=line.item.variant.product_id,
            variant=line.item.variant,
            reservation=reservations[line.item.variant_id],
            quantity=line.item.quantity,
            unit_price=line.unit_price,
            total_price=line.total_price,
            product_snapshot=snapshot_of(line.item.variant),
            exposure_id=line.item.exposure_id,
            cart_added_at=line.item.added_at,
            shopper_key=line.item.shopper_key,
        )
        for line in contents.lines
    )


def _confirm(order: Order, *, by: Actor, now: datetime) -> None:
    steps = OrderStatusHistory.objects.bulk_create(
        OrderStatusHistory(order=order, status=status, changed_by_id=by.user_id, changed_at=now)
        for status in (OrderStatus.PENDING, OrderStatus.CONFIRMED)
    )
    publish_many(Topic.ORDER_STEP, [step.pk for step in steps])
    record_sales([order.pk])
