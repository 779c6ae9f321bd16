"""The personal data of wish lists."""

from backend.api.personal_data import PersonalRows, PersonalTables, owned_by
from backend.wish_lists.models import PriceDrop, WishList, WishListItem

PERSONAL_DATA = PersonalTables(
    "wish_lists",
    [
        PersonalRows(
            section="price_drops",
            model=PriceDrop,
            owner=owned_by("user"),
            exported=[
                "product",
                "variant",
                "known_price",
                "new_price",
                "currency",
                "wished_at",
                "created_at",
            ],
            withheld=["id", "user"],
        ),
        PersonalRows(
            section="wish_list_items",
            model=WishListItem,
            owner=owned_by("wish_list__user"),
            exported=[
                "wish_list__name",
                "product",
                "product__title",
                "variant",
                "variant__name",
                "quantity",
                "note",
                "wants_messages",
                "price_when_added",
                "known_price",
                "currency",
                "awaits_stock",
                "exposure_id",
                "added_at",
            ],
            withheld=["id", "wish_list"],
        ),
        PersonalRows(
            section="wish_lists",
            model=WishList,
            owner=owned_by("user"),
            exported=["name", "is_shared", "created_at", "changed_at"],
            withheld=["id", "user", "link_number"],
        ),
    ],
)
