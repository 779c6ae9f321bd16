"""The personal data of back-in-stock subscriptions."""

from backend.api.personal_data import PersonalRows, PersonalTables, owned_by
from backend.inventory.models import BackInStock, BackInStockSubscription

PERSONAL_DATA = PersonalTables(
    "inventory",
    [
        PersonalRows(
            section="back_in_stock_subscriptions",
            model=BackInStockSubscription,
            owner=owned_by("user"),
            exported=["variant", "variant__product__title", "created_at"],
            withheld=["id", "user"],
        ),
        PersonalRows(
            section="back_in_stock_events",
            model=BackInStock,
            owner=owned_by("user"),
            exported=["variant", "variant__product__title", "subscribed_at", "created_at"],
            withheld=["id", "user"],
        ),
    ],
)
