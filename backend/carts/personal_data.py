"""The personal data of carts."""

from backend.api.personal_data import PersonalRows, PersonalTables, owned_by
from backend.carts.models import Cart, CartItem

PERSONAL_DATA = PersonalTables(
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
