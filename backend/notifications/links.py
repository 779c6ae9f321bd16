"""Addresses in messages: pages of products, and signed links that unsubscribe without a login."""

from dataclasses import dataclass

from django.conf import settings
from django.core import signing

from backend.catalog.addresses import product_address
from backend.catalog.models import Product
from backend.notifications.errors import UnsubscribeLinkInvalid
from backend.notifications.models import NotificationKind

# Part of the signature: if it changes, the links in messages that were sent become invalid.
_SALT = "backend.notifications.unsubscribe"


def product_url(product: Product) -> str:
    """Return the address of the product's page."""
    return product_address(product.pk, product.slug)


def unsubscribe_url(user_id: int, *, kind: NotificationKind) -> str:
    """Return the address of the page on which the user can unsubscribe from the kind."""
    return f"{settings.PUBLIC_URL}/api/notifications/unsubscribe/{_sign(user_id, kind=kind)}/"


def guest_unsubscribe_url(order_id: int, *, kind: NotificationKind) -> str:
    """Return the address of the page on which the guest who placed the order can unsubscribe."""
    token = _signer().sign_object([order_id, kind.value, "order"])
    return f"{settings.PUBLIC_URL}/api/notifications/unsubscribe/{token}/"


def _sign(user_id: int, *, kind: NotificationKind) -> str:
    return _signer().sign_object([user_id, kind.value])


@dataclass(frozen=True, slots=True)
class Link:
    """What a link unsubscribes from: a user, or else the guest who placed an order, and a kind."""

    user_id: int | None
    order_id: int | None
    kind: NotificationKind


def read_token(token: str) -> Link:
    """Return what a link unsubscribes from.

    Links don't expire, because a message may be read late, and the sender has to honour its link.

    Raises:
        UnsubscribeLinkInvalid: the token was not made here, or not with this SECRET_KEY.
    """
    try:
        number, kind, *of_order = _signer().unsign_object(token)
        user_id, order_id = (None, int(number)) if of_order else (int(number), None)
        return Link(user_id, order_id, NotificationKind(kind))
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise UnsubscribeLinkInvalid from error


def _signer() -> signing.Signer:
    return signing.Signer(sep=".", salt=_SALT)
