"""Changes to wish lists.

The account's row is locked first, so that two requests can't both exceed a limit or both add the same item.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from backend.accounts.locks import lock_user
from backend.accounts.models import User
from backend.api.errors import InvalidInput
from backend.api.owners import Owner
from backend.api.shoppers import Shopper
from backend.audit.actors import Actor
from backend.audit.services import record
from backend.carts.services import Claim, add_item
from backend.catalog.errors import ProductNotFound, VariantRequired
from backend.catalog.models import Product, Variant
from backend.catalog.variants import resolve_variant, variants_for_sale
from backend.wish_lists.errors import (
    MAX_ITEMS,
    MAX_LISTS,
    TooManyWishLists,
    WishListFull,
    WishListNameTaken,
)
from backend.wish_lists.models import WishList, WishListItem
from backend.wish_lists.selectors import item_of, list_of

FIRST_LIST = "Wish list"
MAX_QUANTITY = 999


def create_list(user: User, *, name: str, by: Actor, now: datetime) -> WishList:
    """Create a wish list.

    Raises:
        TooManyWishLists: the user has MAX_LISTS.
        WishListNameTaken: the user has one with this name.
    """
    with transaction.atomic():
        lock_user(user.pk)
        return _created(user, name=name, by=by, now=now)


def _created(user: User, *, name: str, by: Actor, now: datetime) -> WishList:
    names = set(WishList.objects.filter(user=user).values_list("name", flat=True))
    if name in names:
        raise WishListNameTaken(name=name)
    if len(names) >= MAX_LISTS:
        raise TooManyWishLists(max_lists=MAX_LISTS)
    made = WishList.objects.create(user=user, name=name, created_at=now, changed_at=now)
    record("wish_lists.created", by=by, subject=made)
    return made


def rename_list(user: User, *, wish_list_id: int, name: str, by: Actor, now: datetime) -> WishList:
    """Rename a wish list of the user.

    Raises:
        WishListNotFound: it doesn't exist, or is another customer's.
        WishListNameTaken: the user has another one with this name.
    """
    with transaction.atomic():
        lock_user(user.pk)
        found = list_of(user.pk, wish_list_id=wish_list_id)
        if WishList.objects.filter(user=user, name=name).exclude(pk=found.pk).exists():
            raise WishListNameTaken(name=name)
        changed = {"name": (found.name, name)}
        found.name, found.changed_at = name, now
        found.save(update_fields=["name", "changed_at"])
        record("wish_lists.renamed", by=by, subject=found, personal=changed, owner_id=user.pk)
    return found


def delete_list(user: User, *, wish_list_id: int, by: Actor) -> None:
    """Delete a wish list of the user with its items; its link no longer works.

    Raises:
        WishListNotFound: it doesn't exist, or is another customer's.
    """
    with transaction.atomic():
        lock_user(user.pk)
        found = list_of(user.pk, wish_list_id=wish_list_id)
        gone = {"name": (found.name, None)}
        record("wish_lists.deleted", by=by, subject=found, personal=gone, owner_id=user.pk)
        found.delete()


def set_shared(user: User, *, wish_list_id: int, shared: bool, by: Actor) -> WishList:
    """Give the list a link, or withdraw its link. A link that was withdrawn never works again.

    Raises:
        WishListNotFound: it doesn't exist, or is another customer's.
    """
    with transaction.atomic():
        lock_user(user.pk)
        found = list_of(user.pk, wish_list_id=wish_list_id)
        if found.is_shared != shared:
            found.link_number += found.is_shared
            found.is_shared = shared
            found.save(update_fields=["is_shared", "link_number"])
            record("wish_lists.shared" if shared else "wish_lists.link_withdrawn", by=by, subject=found)
    return found


def add_wish(
    user: User,
    *,
    wish_list_id: int | None,
    product_id: int | None,
    variant_id: int | None,
    values: Mapping[str, Any],
    by: Actor,
    now: datetime,
) -> WishListItem:
    """Add a product or variant to a list of the user; return the item that is there already, if there is one.

    Without a list it is added to the user's oldest one, which is created if there is none. A product's only
    variant is chosen; a product with several can be wished for without a choice. `values` has `quantity`,
    `note`, `wants_messages` and `exposure_id`, which an item that is there already doesn't take.

    Raises:
        InvalidInput: no product or variant is named, or they don't match.
        ProductNotFound, VariantNotFound: it is not for sale.
        WishListNotFound: the list doesn't exist, or is another customer's.
        WishListFull: it has MAX_ITEMS.
    """
    product, variant = _wished(product_id=product_id, variant_id=variant_id)
    with transaction.atomic():
        lock_user(user.pk)
        wish_list = _list_for(user, wish_list_id=wish_list_id, by=by, now=now)
        present = wish_list.items.filter(product=product, variant=variant).first()
        if present is not None:
            return present
        if wish_list.items.count() >= MAX_ITEMS:
            raise WishListFull(max_items=MAX_ITEMS)
        locked = _locked_variants(product, variant)
        # As prices are compared later: of what is in stock, if anything is.
        price = min(row.sale_price for row in [row for row in locked if row.available] or locked)
        item = WishListItem.objects.create(
            wish_list=wish_list,
            product=product,
            variant=variant,
            price_when_added=price,
            known_price=price,
            currency=product.currency,
            awaits_stock=not any(row.available for row in locked),
            added_at=now,
            **values,
        )
        _changed(wish_list, now=now)
    return item


def _locked_variants(product: Product, variant: Variant | None) -> list[Variant]:
    """Lock and return the variants that the wish is for.

    A change of their prices or stock that is not seen here is committed later, so its message reaches the
    subscriber when the item exists.
    """
    wanted = variants_for_sale().filter(product=product)
    if variant is not None:
        wanted = wanted.filter(pk=variant.pk)
    locked = list(wanted.select_for_update(of=("self",), no_key=True).order_by("pk"))
    if not locked:
        raise ProductNotFound(product_id=product.pk)
    return locked


def _wished(*, product_id: int | None, variant_id: int | None) -> tuple[Product, Variant | None]:
    try:
        variant = resolve_variant(variants_for_sale(), product_id=product_id, variant_id=variant_id)
    except VariantRequired as error:
        several = variants_for_sale().filter(product=product_id).select_related("product").first()
        if several is None:
            raise ProductNotFound(product_id=product_id) from error
        return several.product, None
    return variant.product, variant


def _list_for(user: User, *, wish_list_id: int | None, by: Actor, now: datetime) -> WishList:
    if wish_list_id is not None:
        return list_of(user.pk, wish_list_id=wish_list_id)
    oldest = WishList.objects.filter(user=user).order_by("pk").first()
    return oldest or _created(user, name=FIRST_LIST, by=by, now=now)


def change_wish(user: User, *, item_id: int, values: Mapping[str, Any], now: datetime) -> WishListItem:
    """Change `quantity`, `note` or `wants_messages` of an item, or move it to the list `wish_list_id`.

    Raises:
        WishListItemNotFound: it doesn't exist, or is in another customer's list.
        WishListNotFound: the other list doesn't exist, or is another customer's.
        WishListFull: the other list has MAX_ITEMS.
        InvalidInput: the other list has such an item already.
    """
    with transaction.atomic():
        lock_user(user.pk)
        item = item_of(user.pk, item_id=item_id)
        columns = dict(values)
        moved_to = columns.pop("wish_list_id", item.wish_list_id)
        if moved_to != item.wish_list_id:
            item.wish_list = _other_list(user, item, wish_list_id=moved_to)
            columns["wish_list"] = item.wish_list
        for name, value in columns.items():
            setattr(item, name, value)
        item.save(update_fields=list(columns))
        _changed(item.wish_list, now=now)
    return item


def _other_list(user: User, item: WishListItem, *, wish_list_id: int) -> WishList:
    found = list_of(user.pk, wish_list_id=wish_list_id)
    if found.items.filter(product=item.product_id, variant=item.variant_id).exists():
        raise InvalidInput(wish_list_id=["This list has the item already."])
    if found.items.count() >= MAX_ITEMS:
        raise WishListFull(max_items=MAX_ITEMS)
    return found


def remove_wish(user: User, *, item_id: int, now: datetime) -> None:
    """Remove an item from its list.

    Raises:
        WishListItemNotFound: it doesn't exist, or is in another customer's list.
    """
    with transaction.atomic():
        lock_user(user.pk)
        _remove(item_of(user.pk, item_id=item_id), now=now)


def move_to_cart(
    user: User, *, item_id: int, variant_id: int | None, shopper: Shopper, now: datetime
) -> None:
    """Add the item's units to the user's cart and remove the item, both or neither.

    The cart's line gets the exposure id with which the product was wished for. `variant_id` chooses a variant
    of an item without one.

    Raises:
        WishListItemNotFound: it doesn't exist, or is in another customer's list.
        VariantRequired: the product has several variants, and none was chosen.
        ProductNotFound, VariantNotFound, InvalidInput, CurrencyMismatch, CartFull, InsufficientStock,
        UnitLimitExceeded: it can't be added to the cart.
    """
    with transaction.atomic():
        lock_user(user.pk)
        item = item_of(user.pk, item_id=item_id)
        claim = Claim(
            exposure_id=item.exposure_id, shopper_key=shopper.key, added_at=now, arrival=shopper.arrival
        )
        add_item(
            Owner(user_id=user.pk),
            product_id=item.product_id,
            variant_id=variant_id or item.variant_id,
            quantity=item.quantity,
            claim=claim,
        )
        _remove(item, now=now)


def _remove(item: WishListItem, *, now: datetime) -> None:
    item.delete()
    _changed(item.wish_list, now=now)


def _changed(wish_list: WishList, *, now: datetime) -> None:
    WishList.objects.filter(pk=wish_list.pk).update(changed_at=now)
