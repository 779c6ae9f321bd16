"""The personal data of carts."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from backend.accounts.shopper_keys import shopper_keys_of
from backend.api.personal_data import PersonalRows, PersonalTables, owned_by
from backend.carts.models import Cart, CartItem


class CartData(PersonalTables):
    """The user's cart, and the user's keys in carts of guests."""

    def erase(self, user_id: int, *, now: datetime) -> dict[str, int]:
        """Delete the cart, and empty the claims that have a key of the user."""
        keys = shopper_keys_of(user_id).all
        counts = super().erase(user_id, now=now)
        _empty_claims(keys)
        return counts

    def erase_guest(self, tokens: Collection[str], *, keys: Collection[UUID]) -> dict[str, int]:
        """Delete the carts with these hashes of tokens, and empty the claims with one of the keys."""
        items = CartItem.objects.filter(cart__guest__in=tokens).delete()[0]
        counts = {"cart_items": items, "cart": Cart.objects.filter(guest__in=tokens).delete()[0]}
        _empty_claims(keys)
        return counts


def _empty_claims(keys: Collection[UUID]) -> None:
    CartItem.objects.filter(shopper_key__in=keys).update(shopper_key=None, exposure_id=None)


PERSONAL_DATA = CartData(
    "carts",
    [
        PersonalRows(
            section="cart_items",
            model=CartItem,
            owner=owned_by("cart__user"),
            exported=[
                "variant",
                "variant__product__title",
                "variant__name",
                "quantity",
                "price_when_added",
                "added_at",
                "exposure_id",
                "shopper_key",
                "device",
                "is_bot",
                "consent",
            ],
            withheld=["id", "cart"],
        ),
        PersonalRows(
            section="cart",
            model=Cart,
            owner=owned_by("user"),
            exported=["created_at", "changed_at"],
            withheld=["id", "user", "guest"],
        ),
    ],
)
