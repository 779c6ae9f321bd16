"""Changing carts.

The claim of a line (exposure id, time, shopper) is that of the last add that named an exposure: an add is a
decision, and the list that led to the latest one is what the shopper acted on. An add that names none, from a
product's own page, say, decides nothing about lists and leaves the claim alone; so does a changed quantity.

Nothing here is published. An outbox message says that a row changed and forgets how often; a behaviour event
has its own moment, and the client that saw it happen reports it. Attribution needs neither: the order item
takes the claim from the cart.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from backend.api.errors import InvalidInput
from backend.carts.contents import Contents, contents_of
from backend.carts.errors import MAX_LINES, CartFull, CartItemNotFound, CurrencyMismatch
from backend.carts.models import Cart, CartItem
from backend.carts.selectors import cart_contents
from backend.catalog.models import Variant
from backend.catalog.variants import variant_meant, variants_for_sale
from backend.inventory.errors import InsufficientStock
from backend.inventory.services import lock_variants, shortage

MOST_UNITS = 9_999


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """That `shopper_key` took the product from the list `exposure_id` (None: from no list) at `added_at`."""

    exposure_id: UUID | None
    shopper_key: UUID | None
    added_at: datetime


def add_item(
    user_id: int, *, product_id: int | None, variant_id: int | None, quantity: int, claim: Claim
) -> CartItem:
    """Return the line that holds the variant now; adding it again adds up.

    Raises:
        InvalidInput: neither product nor variant is named, they don't match, or it would be too many.
        ProductNotFound, VariantNotFound: it is not for sale.
        VariantRequired: the product has several variants.
        CurrencyMismatch, CartFull, InsufficientStock: it can't go into this cart.
    """
    variant = variant_meant(variants_for_sale(), product_id=product_id, variant_id=variant_id)
    with transaction.atomic():
        cart, _ = Cart.objects.select_for_update(no_key=True).get_or_create(user_id=user_id)
        items = list(cart.items.select_related("variant__product"))
        item = next((item for item in items if item.variant_id == variant.pk), None)
        if item is None:
            _require_room(items, variant=variant)
            item = _new_item(cart, variant=variant, claim=claim)
        elif claim.exposure_id is not None:
            _set_claim(item, claim)
        _set_quantity(item, item.quantity + quantity)
        item.save()
    return item


def _require_room(items: Collection[CartItem], *, variant: Variant) -> None:
    if len(items) >= MAX_LINES:
        raise CartFull(max_lines=MAX_LINES)
    currency = contents_of(list(items)).currency
    if currency not in (None, variant.product.currency):
        raise CurrencyMismatch(cart_currency=currency, product_currency=variant.product.currency)


def _new_item(cart: Cart, *, variant: Variant, claim: Claim) -> CartItem:
    item = CartItem(cart=cart, variant=variant, quantity=0)
    _set_claim(item, claim)
    return item


def _set_claim(item: CartItem, claim: Claim) -> None:
    item.exposure_id = claim.exposure_id
    item.shopper_key = claim.shopper_key
    item.added_at = claim.added_at


def _set_quantity(item: CartItem, quantity: int) -> None:
    if quantity > MOST_UNITS:
        raise InvalidInput(quantity=[f"A line holds at most {MOST_UNITS} units."])
    if quantity > item.variant.available:
        raise InsufficientStock(items=[shortage(item.variant, wanted=quantity)])
    item.quantity = quantity


def change_quantity(user_id: int, *, item_id: int, quantity: int) -> CartItem:
    """Return the line, which holds `quantity` units now.

    Raises:
        CartItemNotFound: there is no such line in this customer's cart.
        InsufficientStock: fewer units can be sold now.
    """
    with transaction.atomic():
        lock_cart(user_id)
        item = _item_of(user_id, item_id=item_id)
        _set_quantity(item, quantity)
        item.save(update_fields=["quantity"])
    return item


def remove_item(user_id: int, *, item_id: int) -> None:
    """Take the line out.

    Raises:
        CartItemNotFound: there is no such line in this customer's cart.
    """
    with transaction.atomic():
        lock_cart(user_id)
        _item_of(user_id, item_id=item_id).delete()


def _item_of(user_id: int, *, item_id: int) -> CartItem:
    rows = CartItem.objects.select_related("variant__product")
    item = rows.filter(cart__user=user_id, pk=item_id).first()
    if item is None:
        raise CartItemNotFound(item_id=item_id)
    return item


def lock_cart(user_id: int) -> None:
    """Make others who change this cart wait for the end of the caller's transaction."""
    Cart.objects.select_for_update(no_key=True).filter(user=user_id).first()


def locked_contents(user_id: int) -> Contents:
    """Return the cart's contents with cart and variants locked: nothing in it changes until the commit."""
    lock_cart(user_id)
    rows = CartItem.objects.filter(cart__user=user_id)
    lock_variants(list(rows.values_list("variant_id", flat=True)))
    return cart_contents(user_id)


def remove_ordered(contents: Contents) -> None:
    """Empty the cart of what `contents` held."""
    CartItem.objects.filter(pk__in=[line.item.pk for line in contents.lines]).delete()
