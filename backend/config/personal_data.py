"""The personal data of all apps, and the stores outside the database that have data of shoppers."""

from collections.abc import Sequence

from backend.accounts.personal_data import PERSONAL_DATA as ACCOUNTS
from backend.addresses.personal_data import PERSONAL_DATA as ADDRESSES
from backend.analytics.personal_data import PERSONAL_DATA as ANALYTICS
from backend.analytics.personal_data import EventData, WarehouseStore
from backend.audit.personal_data import PERSONAL_DATA as AUDIT
from backend.carts.personal_data import PERSONAL_DATA as CARTS
from backend.dashboard.personal_data import PERSONAL_DATA as DASHBOARD
from backend.engines.warehouse import migrated
from backend.inventory.personal_data import PERSONAL_DATA as INVENTORY
from backend.invoices.personal_data import PERSONAL_DATA as INVOICES
from backend.notifications.personal_data import PERSONAL_DATA as NOTIFICATIONS
from backend.orders.personal_data import PERSONAL_DATA as ORDERS
from backend.privacy.handlers import PersonalData, PersonalStore
from backend.promotions.personal_data import PERSONAL_DATA as PROMOTIONS
from backend.recommendations.personal_data import PERSONAL_DATA as RECOMMENDATIONS
from backend.recommendations.personal_data import ModelStore
from backend.reviews.personal_data import PERSONAL_DATA as REVIEWS
from backend.tracking.personal_data import RecentData, StreamStore
from backend.webhooks.personal_data import PERSONAL_DATA as WEBHOOKS
from backend.wish_lists.personal_data import PERSONAL_DATA as WISH_LISTS

TABLES = (
    DASHBOARD,
    RECOMMENDATIONS,
    WEBHOOKS,
    NOTIFICATIONS,
    ANALYTICS,
    REVIEWS,
    INVOICES,
    ORDERS,
    WISH_LISTS,
    CARTS,
    PROMOTIONS,
    INVENTORY,
    ADDRESSES,
    AUDIT,
    ACCOUNTS,
)
"""The handlers with tables in the database, in the order of erasing.

Those above others in the layers come first, because their rows are found through the lower ones.
"""

SELLER = "Accounts that sell can't be erased."
STAFF = "Written by staff, whose accounts can't be erased before they lose their rights."
NOT_PERSONAL = {
    "catalog.Product.seller": SELLER,
    "reviews.Answer.seller": SELLER,
    "orders.OrderItem.seller": SELLER,
    "orders.Movement.seller": SELLER,
    "orders.Shipment.seller": SELLER,
    "purchasing.Supplier.seller": SELLER,
    "purchasing.PurchaseOrder.seller": SELLER,
    "importing.ImportedCatalogue.seller": SELLER,
    "inventory.InventoryTransaction.recorded_by": STAFF,
    "inventory.InventoryTransaction.notes": STAFF,
    "admin.LogEntry.user": STAFF,
    "promotions.Promotion.customer_use_cap": "A limit that staff set.",
    "recommendations.Publication.user_id": STAFF,
    "notifications.GuestUnsubscription.address_hash": "A keyed hash, kept so that the objection is honoured.",
    "privacy.Erasure.shopper_key": "Deleted when all stores have erased it.",
    "privacy.Erasure.anonymous_ids": "Deleted when all stores have erased them.",
}
"""Columns that look personal and are in no declaration, with the reason."""


def handlers() -> Sequence[PersonalData]:
    """Return the handlers of all apps, in the order of erasing."""
    return (*TABLES[:-1], RecentData(), EventData(), TABLES[-1])


def stores() -> Sequence[PersonalStore]:
    """Return the stores outside the database."""
    return (StreamStore(), WarehouseStore(migrated()), ModelStore())
