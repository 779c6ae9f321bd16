"""Changes to carts.

A line keeps the claim (exposure id, time, shopper) of the last add that had an exposure id. Adding more units
without one, such as from the product's own page, and changing the quantity don't change the claim.

A line with a new claim is published to the outbox, so that the warehouse knows what was added to carts:
models don't learn from the cart_add events that clients report. Changes of quantities and removals are not
published.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction

from backend.api.arrivals import NO_ARRIVAL, Arrival
from backend.api.errors import InvalidInput
from backend.api.owners import Owner
from backend.api.statements import statement
from backend.carts.contents import contents_of
from backend.carts.errors import MAX_LINES, CartFull, CartItemNotFound, CurrencyMismatch, UnitLimitExceeded
from backend.carts.models import Cart, CartItem
from backend.catalog.models import Variant
from backend.catalog.pricing import seller_price
from backend.catalog.variants import resolve_variant, variants_for_sale
from backend.inventory.errors import InsufficientStock
from backend.inventory.services import shortage
from backend.outbox.services import publish
from backend.outbox.topics import Topic
from backend.promotions.codes import forget_codes_of_guests

SQL = Path(__file__).parent / "sql"
MAX_LINE_UNITS = 9_999
GUEST_CARTS_KEPT_FOR = timedelta(days=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A claim that a shopper added a product from a list; `exposure_id` is None without a list.

    `arrival` has the facts of the request.
    """

    exposure_id: UUID | None
    shopper_key: UUID | None
    added_at: datetime
    arrival: Arrival = NO_ARRIVAL


def add_item(
    owner: Owner, *, product_id: int | None, variant_id: int | None, quantity: int, claim: Claim
) -> CartItem:
    """Add units of a variant to its line, or to a new line, and return the line.

    Raises:
        InvalidInput: no product or variant is named, they don't match, or the line would have too many units.
        ProductNotFound, VariantNotFound: it is not for sale.
        VariantRequired: the product has several variants.
        CurrencyMismatch, CartFull, InsufficientStock, UnitLimitExceeded: it can't be added to this cart.
    """
    variant = resolve_variant(variants_for_sale(), product_id=product_id, variant_id=variant_id)
    with transaction.atomic():
        cart = locked_cart(owner, now=claim.added_at)
        items = list(cart.items.select_related("variant__product"))
        item = next((item for item in items if item.variant_id == variant.pk), None)
        has_new_claim = item is None or claim.exposure_id is not None
        if item is None:
            _require_space(items, variant=variant)
            item = CartItem(cart=cart, variant=variant, quantity=0)
        if has_new_claim:
            _set_claim(item, claim)
        others = [other for other in items if other.variant_id != variant.pk]
        _set_quantity(item, item.quantity + quantity, others=others)
        item.save()
        if has_new_claim:
            publish(Topic.CART_ITEM, item.pk)
    return item


def locked_cart(owner: Owner, *, now: datetime) -> Cart:
    """Return the owner's cart, created if necessary and locked until the end of the caller's transaction."""
    carts = Cart.objects.select_for_update(no_key=True)
    cart, created = carts.get_or_create(**owner.columns(), defaults={"changed_at": now})
    if not created:
        Cart.objects.filter(pk=cart.pk).update(changed_at=now)
    return cart


def _require_space(items: Collection[CartItem], *, variant: Variant) -> None:
    if len(items) >= MAX_LINES:
        raise CartFull(max_lines=MAX_LINES)
    currency = contents_of(list(items)).currency
    if currency not in (None, variant.product.currency):
        raise CurrencyMismatch(cart_currency=currency, product_currency=variant.product.currency)


def _set_claim(item: CartItem, claim: Claim) -> None:
    item.exposure_id = claim.exposure_id
    item.shopper_key = claim.shopper_key
    item.added_at = claim.added_at
    item.set_arrival(claim.arrival)


def _set_quantity(item: CartItem, quantity: int, *, others: Collection[CartItem]) -> None:
    """Set the quantity; `others` are the other lines of the cart."""
    if quantity > MAX_LINE_UNITS:
        raise InvalidInput(quantity=[f"A line has at most {MAX_LINE_UNITS} units."])
    product_id = item.variant.product_id
    units = quantity + sum(other.quantity for other in others if other.variant.product_id == product_id)
    if units > settings.CUSTOMER_UNIT_LIMIT:
        raise UnitLimitExceeded.of([(item.variant, units)], limit=settings.CUSTOMER_UNIT_LIMIT)
    if quantity > item.variant.available:
        raise InsufficientStock(items=[shortage(item.variant, wanted=quantity)])
    item.quantity = quantity
    item.price_when_added = seller_price(item.variant)


def change_quantity(owner: Owner, *, item_id: int, quantity: int, now: datetime) -> CartItem:
    """Set the quantity of a line and return the line.

    Raises:
        CartItemNotFound: the owner's cart has no such line.
        InvalidInput, InsufficientStock, UnitLimitExceeded: the line can't have so many units.
    """
    with transaction.atomic():
        cart = locked_cart(owner, now=now)
        items = list(cart.items.select_related("variant__product"))
        item = _item_of(items, item_id=item_id)
        _set_quantity(item, quantity, others=[other for other in items if other is not item])
        item.save(update_fields=["quantity", "price_when_added"])
    return item


def remove_item(owner: Owner, *, item_id: int, now: datetime) -> None:
    """Remove a line.

    Raises:
        CartItemNotFound: the owner's cart has no such line.
    """
    with transaction.atomic():
        cart = locked_cart(owner, now=now)
        _item_of(list(cart.items.all()), item_id=item_id).delete()


def _item_of(items: Collection[CartItem], *, item_id: int) -> CartItem:
    for item in items:
        if item.pk == item_id:
            return item
    raise CartItemNotFound(item_id=item_id)


def take_items(owner: Owner) -> list[CartItem]:
    """Remove all lines from the owner's cart and return them, oldest first, without their variants (1 query).

    The cart stays locked until the end of the caller's transaction. A line that is added meanwhile stays in
    the cart.
    """
    taken = CartItem.objects.raw(statement(SQL, "take_items"), [owner.user_id, owner.guest])
    return sorted(taken, key=lambda item: item.pk)


def forget_old_guest_carts(*, now: datetime) -> int:
    """Delete the carts of guests that were not changed for GUEST_CARTS_KEPT_FOR; return how many.

    Codes that guests entered before that time are deleted too.
    """
    before = now - GUEST_CARTS_KEPT_FOR
    forget_codes_of_guests(before=before)
    old = Cart.objects.filter(user=None, changed_at__lt=before)
    _, deleted = old.delete()
    return deleted.get(Cart._meta.label, 0)
