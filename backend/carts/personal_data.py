"""The personal data of carts."""

from datetime import datetime

from backend.accounts.shopper_keys import shopper_keys_of
from backend.api.personal_data import PersonalRows, PersonalTables, owned_by
from backend.carts.models import Cart, CartItem


class CartData(PersonalTables):
    """The user's cart, and the user's keys in carts of guests."""

    def erase(self, user_id: int, *, now: datetime) -> dict[str, int]:
        """Delete the cart, and empty the claims that have a key of the user."""
        counts = super().erase(user_id, now=now)
        claimed = CartItem.objects.filter(shopper_key__in=shopper_keys_of(user_id).all)
        claimed.update(shopper_key=None, exposure_id=None)
        return counts


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
