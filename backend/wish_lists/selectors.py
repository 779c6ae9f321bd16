"""Wish list queries."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, QuerySet, TextChoices

from backend.catalog.cards import Card, cards
from backend.catalog.models import Product, Variant
from backend.wish_lists.errors import WishListItemNotFound, WishListNotFound
from backend.wish_lists.models import WishList, WishListItem


class Problem(TextChoices):
    """Why an item can't be ordered now."""

    NOT_FOR_SALE = "not_for_sale", "no longer for sale"
    SOLD_OUT = "sold_out", "sold out"


@dataclass(frozen=True, slots=True)
class Wish:
    """An item with the card of its product; the card is None if the product was deleted or is not listed."""

    item: WishListItem
    card: Card | None

    @property
    def variant(self) -> Variant | None:
        """The variant, unless its product is not for sale."""
        return None if self.card is None else self.item.variant

    @property
    def price(self) -> Decimal:
        """The price now, of the variant or the lowest of the product's."""
        item = self.item
        return item.product.sale_price if item.variant is None else item.variant.sale_price

    @property
    def problem(self) -> Problem | None:
        """Why it can't be ordered; None if it can."""
        variant = self.item.variant
        if self.card is None or (variant is not None and not variant.is_active):
            return Problem.NOT_FOR_SALE
        in_stock = self.card["in_stock"] if variant is None else variant.available > 0
        return None if in_stock else Problem.SOLD_OUT


def lists_of(user_id: int) -> QuerySet[WishList]:
    """Return the user's wish lists with `item_count`, oldest first."""
    return WishList.objects.filter(user=user_id).annotate(item_count=Count("items")).order_by("pk")


def list_of(user_id: int, *, wish_list_id: int) -> WishList:
    """Return one of the user's wish lists, with `item_count`.

    Raises:
        WishListNotFound: it doesn't exist, or is another customer's.
    """
    found = lists_of(user_id).filter(pk=wish_list_id).first()
    if found is None:
        raise WishListNotFound(wish_list_id=wish_list_id)
    return found


def item_of(user_id: int, *, item_id: int) -> WishListItem:
    """Return an item of the user's lists, with its product and variant.

    Raises:
        WishListItemNotFound: it doesn't exist, or is in another customer's list.
    """
    found = with_rows(WishListItem.objects.filter(pk=item_id, wish_list__user=user_id)).first()
    if found is None:
        raise WishListItemNotFound(item_id=item_id)
    return found


def items_in(wish_list: WishList) -> QuerySet[WishListItem]:
    """Return the items of the list, newest first, with their products and variants."""
    return with_rows(WishListItem.objects.filter(wish_list=wish_list)).order_by("-pk")


def with_rows(items: QuerySet[WishListItem]) -> QuerySet[WishListItem]:
    """Return `items` with their products and variants."""
    return items.select_related("product", "variant", "variant__product")


def wishes(items: Sequence[WishListItem]) -> list[Wish]:
    """Return the items with the cards of their products (2 queries)."""
    listed = Product.objects.listed().filter(pk__in={item.product_id for item in items})
    found: Mapping[Any, Card] = {card["id"]: card for card in cards(listed)}
    return [Wish(item, found.get(item.product_id)) for item in items]


def wished_products(user_id: int, *, product_ids: Collection[int]) -> QuerySet[WishListItem]:
    """Return the user's items of these products, so that cards can show which are in a list (1 query)."""
    return WishListItem.objects.filter(wish_list__user=user_id, product__in=product_ids).order_by("pk")
