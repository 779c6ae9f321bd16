"""Guests as recipients: the address of an order, the link to it, and what guests don't want to receive."""

import hmac
from datetime import datetime, timedelta
from hashlib import sha256

from django.conf import settings
from django.core import signing
from django.db.models import Prefetch

from backend.notifications.errors import OrderLinkInvalid
from backend.notifications.models import GuestUnsubscription, NotificationKind
from backend.orders.models import Order, OrderItem

# Part of the signature: if it changes, the links in messages that were sent become invalid.
_SALT = "backend.notifications.guest_order"
LINK_LASTS = timedelta(days=365)


def order_link(order: Order) -> str:
    """Return the address of the order's page: the shop's for a customer, with a signed token for a guest."""
    if order.user_id is None:
        address: str = settings.GUEST_ORDER_PAGE_URL
        return address.replace("{token}", order_token(order))
    address = settings.ORDER_PAGE_URL
    return address.replace("{id}", str(order.pk)).replace("{number}", order.order_number)


def order_token(order: Order) -> str:
    """Return a token that shows a guest's order to whoever has it; it lasts LINK_LASTS."""
    return _signer().sign(str(order.pk))


def order_of_link(token: str) -> Order:
    """Return the guest's order of a link, with its items, adjustments, shipments and history (5 queries).

    Raises:
        OrderLinkInvalid: the token was not made here or is too old, or the order's address was erased.
    """
    try:
        order_id = int(_signer().unsign(token, max_age=LINK_LASTS))
    except (signing.BadSignature, ValueError) as error:
        raise OrderLinkInvalid from error
    items = Prefetch("items", OrderItem.objects.select_related("reservation"))
    rows = Order.objects.filter(pk=order_id, user=None).exclude(email="")
    order = rows.prefetch_related(items, "adjustments", "history", "shipments__items").first()
    if order is None:
        raise OrderLinkInvalid
    return order


def address_hash(email: str) -> str:
    """Return a keyed hash of an address, by which an unsubscription is found without storing the address."""
    return _hash(email, key=settings.SECRET_KEY)


def _hash(email: str, *, key: str) -> str:
    return hmac.new(key.encode(), email.strip().lower().encode(), sha256).hexdigest()


def unsubscribe_guest(order_id: int, *, kind: NotificationKind, now: datetime) -> None:
    """Stop messages of the kind to the order's address; nothing happens if the address was erased."""
    email = Order.objects.filter(pk=order_id).values_list("email", flat=True).first()
    if email:
        GuestUnsubscription.objects.get_or_create(
            address_hash=address_hash(email), kind=kind, defaults={"created_at": now}
        )


def is_unwanted(order: Order, *, kind: NotificationKind) -> bool:
    """Return whether the guest who placed the order has unsubscribed from the kind."""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    hashes = [_hash(order.email, key=key) for key in keys]
    return GuestUnsubscription.objects.filter(address_hash__in=hashes, kind=kind).exists()


def _signer() -> signing.TimestampSigner:
    return signing.TimestampSigner(sep=".", salt=_SALT)
