"""Moves the cart of a guest to the account with which the guest logged in."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from backend.api.owners import Owner
from backend.carts.errors import MAX_LINES
from backend.carts.models import Cart, CartItem
from backend.carts.selectors import cart_of
from backend.carts.services import MAX_LINE_UNITS, locked_cart
from backend.promotions.codes import move_codes


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedLine:
    """A line of the guest's cart: `requested` units in both carts together, `quantity` in the merged cart."""

    variant_id: int
    requested: int
    quantity: int


def merge(guest: Owner, *, into: Owner, now: datetime) -> list[MergedLine]:
    """Move the lines of the guest's cart into the other cart, and delete the guest's; return what was moved.

    The quantities of a variant in both carts are added, up to what is available. A line that doesn't fit into
    the cart is dropped, with a quantity of 0. The guest's codes are moved too. An empty list means that there
    was no guest's cart to merge, also because a concurrent request merged it.
    """
    if not cart_of(guest).exists():
        return []
    with transaction.atomic():
        cart = locked_cart(into, now=now)
        # Locked second: two requests that merge the same guest's cart wait for the same account's cart first.
        old = cart_of(guest).select_for_update(no_key=True).first()
        if old is None:
            return []
        lines = _move_items(old, into=cart)
        move_codes(guest, into=into)
        old.delete()
    return lines


def _move_items(old: Cart, *, into: Cart) -> list[MergedLine]:
    own = {item.variant_id: item for item in into.items.all()}
    lines = []
    for item in old.items.select_related("variant"):
        existing = own.get(item.variant_id)
        requested = item.quantity + (existing.quantity if existing else 0)
        if existing is None and len(own) >= MAX_LINES:
            lines.append(MergedLine(variant_id=item.variant_id, requested=requested, quantity=0))
            continue
        kept = _merged(item, existing, requested=requested, cart=into)
        own[item.variant_id] = kept
        lines.append(MergedLine(variant_id=item.variant_id, requested=requested, quantity=kept.quantity))
    return lines


def _merged(item: CartItem, existing: CartItem | None, *, requested: int, cart: Cart) -> CartItem:
    """Store and return the line that replaces a guest's line and the account's line of the same variant."""
    kept = item if existing is None else existing
    if existing is not None and item.exposure_id is not None and item.added_at > existing.added_at:
        existing.exposure_id, existing.added_at = item.exposure_id, item.added_at
        existing.shopper_key = item.shopper_key
        existing.set_arrival(item.arrival)
    available = min(item.variant.available, MAX_LINE_UNITS, settings.CUSTOMER_UNIT_LIMIT)
    # What isn't available any more stays as it was, and the cart shows the problem.
    kept.quantity = min(requested, max(available, kept.quantity))
    kept.cart = cart
    kept.save()
    return kept
