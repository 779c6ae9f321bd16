"""Checkout as it is often written with the ORM: a loop over the lines with a query for each row.

It stores the same rows as the shop's checkout, in one transaction and with the same locks.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.db.models import F, Sum
from rest_framework.utils.encoders import JSONEncoder

from backend.accounts.models import User
from backend.api.models import IdempotencyKey
from backend.audit.models import AuditEntry
from backend.carts.models import Cart
from backend.catalog.models import Variant
from backend.inventory.models import LIVE, Reservation, ReservationState
from backend.orders.models import Movement, MovementKind, Order, OrderItem, OrderStatus, OrderStatusHistory
from backend.orders.numbers import order_number
from backend.orders.selectors import order_for
from backend.orders.serializers import OrderSerializer
from backend.orders.snapshots import snapshot_of
from backend.outbox.models import Message
from backend.payments.models import Payment


@transaction.atomic
def check_out(user: User, *, key: str, address: Mapping[str, str], now: datetime) -> str:
    """Order the contents of the customer's cart and return the response."""
    fingerprint = hashlib.sha256(json.dumps(address).encode()).hexdigest()
    stored, created = IdempotencyKey.objects.get_or_create(
        user=user, scope="checkout", key=key, defaults={"fingerprint": fingerprint, "created_at": now}
    )
    assert created
    order = Order.objects.create(
        order_number=order_number(),
        user=user,
        customer_name=user.get_full_name(),
        customer_phone=user.phone or "",
        currency="USD",
        subtotal=0,
        total_amount=0,
        shipping_address=dict(address),
        placed_at=now,
    )
    _add_step(order, OrderStatus.PENDING, user=user, now=now)
    _add_lines(order, user=user, now=now)
    order.total_amount = order.subtotal
    order.status = OrderStatus.CONFIRMED
    order.save()
    _add_step(order, OrderStatus.CONFIRMED, user=user, now=now)
    Message.objects.create(topic="order", key=str(order.pk))
    Payment.objects.create(
        order_number=order.order_number,
        gateway="cod",
        currency="USD",
        amount=order.total_amount,
        created_at=now,
        updated_at=now,
    )
    AuditEntry.objects.create(
        user_id=user.pk,
        action="orders.order_placed",
        object_type="orders.Order",
        object_id=str(order.pk),
        changes={"status": [None, order.status]},
    )
    stored.status = 201
    stored.body = json.dumps(OrderSerializer(order_for(order.pk, viewer=user)).data, cls=JSONEncoder)
    stored.save()
    return stored.body


def _add_step(order: Order, status: OrderStatus, *, user: User, now: datetime) -> None:
    step = OrderStatusHistory.objects.create(order=order, status=status, changed_by=user, changed_at=now)
    Message.objects.create(topic="order_step", key=str(step.pk))


def _add_lines(order: Order, *, user: User, now: datetime) -> None:
    cart = Cart.objects.select_for_update(no_key=True).get(user=user)
    subtotal = Decimal(0)
    for item in cart.items.order_by("variant_id"):
        variants = Variant.objects.select_for_update(of=("self",), no_key=True)
        variant = variants.select_related("product__category").get(pk=item.variant_id)
        product = variant.product
        assert variant.is_active
        assert product.is_listed
        assert variant.available >= item.quantity
        assert item.quantity + _open_units(user, product_id=product.pk) <= settings.CUSTOMER_UNIT_LIMIT
        held = F("reserved") + item.quantity
        Variant.unpublished.filter(pk=variant.pk).update(reserved=held)
        reservation = Reservation.objects.create(
            variant=variant,
            quantity=item.quantity,
            reference=order.order_number,
            state=ReservationState.COMMITTED,
            created_at=now,
        )
        line = OrderItem.objects.create(
            order=order,
            product=product,
            variant=variant,
            seller_id=product.seller_id,
            reservation=reservation,
            quantity=item.quantity,
            list_price=variant.list_price,
            unit_price=variant.sale_price,
            total_price=variant.sale_price * item.quantity,
            net_amount=variant.sale_price * item.quantity,
            product_snapshot=snapshot_of(variant),
            exposure_id=item.exposure_id,
            cart_added_at=item.added_at,
            shopper_key=item.shopper_key,
        )
        Movement.objects.create(
            kind=MovementKind.SALE,
            order=order,
            order_item=line,
            product=product,
            variant=variant,
            seller_id=product.seller_id,
            category_path=product.category.path,
            quantity=line.quantity,
            amount=line.total_price,
            currency=order.currency,
            occurred_at=now,
            customer=user,
            shopper_key=line.shopper_key,
            exposure_id=line.exposure_id,
            cart_added_at=line.cart_added_at,
        )
        Message.objects.create(topic="product", key=str(product.pk))
        subtotal += line.total_price
        item.delete()
    order.subtotal = subtotal


def _open_units(user: User, *, product_id: int) -> int:
    items = OrderItem.objects.filter(order__user=user, product_id=product_id, reservation__state__in=LIVE)
    live = F("reservation__quantity") - F("reservation__fulfilled") - F("reservation__released")
    return items.aggregate(units=Sum(live))["units"] or 0
