"""Erases guests, who are known by their orders; docs/decisions/privacy.md says how they are identified."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from backend.accounts.errors import InvalidPhone
from backend.accounts.models import ShopperLink, User
from backend.accounts.phones import normalise_phone
from backend.accounts.shopper_keys import ShopperKeys
from backend.api.models import IdempotencyKey
from backend.audit.actors import Actor
from backend.audit.services import record
from backend.carts.models import Cart, CartItem
from backend.carts.personal_data import PERSONAL_DATA as CARTS
from backend.orders.models import Movement, Order, OrderItem
from backend.orders.personal_data import PERSONAL_DATA as ORDERS
from backend.privacy.errors import GuestOrderNotFound
from backend.privacy.models import Erasure
from backend.privacy.obstacles import require_finished
from backend.privacy.services import begin_erasure, publish_erasure
from backend.promotions.personal_data import PERSONAL_DATA as PROMOTIONS

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """How a guest can be reached: the e-mail address or the phone of an order."""

    email: str = ""
    phone: str = ""

    def is_of(self, order: Order) -> bool:
        """Return whether the order was placed with this address or phone."""
        if self.email:
            return order.email.casefold() == self.email.casefold()
        addresses = (order.shipping_address, order.billing_address)
        phones = (order.customer_phone, *(address.get("phone", "") for address in addresses))
        return _normalised(self.phone) in {_normalised(phone) for phone in phones if phone}


def _normalised(phone: str) -> str:
    try:
        return normalise_phone(phone, region=settings.DEFAULT_PHONE_REGION)
    except InvalidPhone:
        return phone


def erase_guest(order_numbers: Sequence[str], *, contact: Contact, by: Actor, now: datetime) -> Erasure:
    """Erase the guest who placed these orders, in one transaction, and return the receipt.

    Raises:
        GuestOrderNotFound: an order doesn't exist, belongs to an account, or has another contact.
        ErasureRefused: an order is still needed.
    """
    with transaction.atomic():
        orders = Order.objects.filter(pk__in=_locked(order_numbers, contact=contact))
        require_finished(orders)
        tokens = set(orders.exclude(guest="").values_list("guest", flat=True))
        keys = _keys_of(orders, tokens=tokens)
        erasure = begin_erasure(
            ShopperKeys(keys[0], tuple(keys[1:])) if keys else None, orders=orders, now=now
        )
        for order in orders.order_by("pk"):
            record("privacy.guest_erased", by=by, subject=order)
        emails = list(orders.values_list("email", flat=True))
        counts = {
            **ORDERS.erase_guest(orders, keys=keys),
            **CARTS.erase_guest(tokens, keys=keys),
            **PROMOTIONS.erase_guest(tokens, emails=emails),
        }
        # They have copies of the orders.
        counts["idempotent_requests"] = IdempotencyKey.objects.filter(guest__in=tokens).delete()[0]
        publish_erasure(erasure, counts=counts)
    # After restoring a backup, operators look here for the guests to erase again.
    logger.info("guest_erased", order_numbers=list(order_numbers))
    return erasure


def other_orders(*, contact: Contact, except_numbers: Collection[str]) -> list[str]:
    """Return the numbers of other orders of guests with this e-mail address; none for a phone."""
    if not contact.email:
        return []
    others = Order.objects.filter(user=None, email__iexact=contact.email)
    return list(others.exclude(order_number__in=except_numbers).values_list("order_number", flat=True))


def _locked(order_numbers: Sequence[str], *, contact: Contact) -> list[int]:
    """Lock the carts of the orders' guest, then the orders; return the orders' ids.

    Raises:
        GuestOrderNotFound: an order doesn't exist, belongs to an account, or has another contact.
    """
    named = Order.objects.filter(order_number__in=order_numbers, user=None)
    tokens = list(named.exclude(guest="").values_list("guest", flat=True))
    list(Cart.objects.select_for_update().filter(guest__in=tokens).order_by("pk").values_list("pk"))
    orders = {order.order_number: order for order in named.select_for_update(of=("self",)).order_by("pk")}
    for number in order_numbers:
        if number not in orders or not contact.is_of(orders[number]):
            raise GuestOrderNotFound(order_number=number)
    return [order.pk for order in orders.values()]


def _keys_of(orders: QuerySet[Order], *, tokens: Collection[str]) -> list[UUID]:
    """Return the keys of the guest's orders and carts that don't belong to an account."""
    claims = (
        OrderItem.objects.filter(order__in=orders.values("pk")),
        Movement.objects.filter(order__in=orders.values("pk")),
        CartItem.objects.filter(cart__guest__in=tokens),
    )
    found = {key for rows in claims for key in rows.values_list("shopper_key", flat=True) if key is not None}
    of_accounts = {
        *User.objects.filter(shopper_key__in=found).values_list("shopper_key", flat=True),
        *ShopperLink.objects.filter(anonymous_id__in=found).values_list("anonymous_id", flat=True),
    }
    return sorted(found - of_accounts)
