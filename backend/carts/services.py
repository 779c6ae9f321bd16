"""Changes to carts.

A line's claim (exposure id, time, shopper) is that of the last add with an exposure id. Adding the product
without one, such as from its own page, and changing the quantity don't change the claim.

Nothing here is published: clients report cart_add events, and the order item copies the claim from the cart.
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
from backend.catalog.variants import resolve_variant, variants_for_sale
from backend.inventory.errors import InsufficientStock
from backend.inventory.services import lock_variants, shortage

MAX_LINE_UNITS = 9_999


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The claim that a shopper added a product from a list at `added_at`; None if it was not from a list."""

    exposure_id: UUID | None
    shopper_key: UUID | None
    added_at: datetime


def add_item(
    user_id: int, *, product_id: int | None, variant_id: int | None, quantity: int, claim: Claim
) -> CartItem:
    """Add units of a variant to its line, or to a new line, and return the line.

    Raises:
        InvalidInput: no product or variant is named, they don't match, or the line would have too many units.
        ProductNotFound, VariantNotFound: it is not for sale.
        VariantRequired: the product has several variants.
        CurrencyMismatch, CartFull, InsufficientStock: it can't be added to this cart.
    """
    variant = resolve_variant(variants_for_sale(), product_id=product_id, variant_id=variant_id)
    with transaction.atomic():
        cart, _ = Cart.objects.select_for_update(no_key=True).get_or_create(user_id=user_id)
        items = list(cart.items.select_related("variant__product"))
        item = next((item for item in items if item.variant_id == variant.pk), None)
        if item is None:
            _require_space(items, variant=variant)
            item = _new_item(cart, variant=variant, claim=claim)
        elif claim.exposure_id is not None:
            _set_claim(item, claim)
        _set_quantity(item, item.quantity + quantity)
        item.save()
    return item


def _require_space(items: Collection[CartItem], *, variant: Variant) -> None:
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
    if quantity > MAX_LINE_UNITS:
        raise InvalidInput(quantity=[f"A line has at most {MAX_LINE_UNITS} units."])
    if quantity > item.variant.available:
        raise InsufficientStock(items=[shortage(item.variant, wanted=quantity)])
    item.quantity = quantity


def change_quantity(user_id: int, *, item_id: int, quantity: int) -> CartItem:
    """Set the quantity of a line and return the line.

    Raises:
        CartItemNotFound: the customer's cart has no such line.
        InsufficientStock: fewer units are available.
    """
    with transaction.atomic():
        lock_cart(user_id)
        item = _item_of(user_id, item_id=item_id)
        _set_quantity(item, quantity)
        item.save(update_fields=["quantity"])
    return item


def remove_item(user_id: int, *, item_id: int) -> None:
    """Remove a line.

    Raises:
        CartItemNotFound: the customer's cart has no such line.
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
    """Lock the cart until the end of the caller's transaction."""
    Cart.objects.select_for_update(no_key=True).filter(user=user_id).first()


def locked_contents(user_id: int) -> Contents:
    """Lock the cart and its variants until the commit, and return the cart's contents."""
    lock_cart(user_id)
    rows = CartItem.objects.filter(cart__user=user_id)
    lock_variants(list(rows.values_list("variant_id", flat=True)))
    return cart_contents(user_id)


def remove_ordered(contents: Contents) -> None:
    """Remove the lines of `contents` from the cart."""
    CartItem.objects.filter(pk__in=[line.item.pk for line in contents.lines]).delete()
