"""The area of staff that each app's models belong to, for Django's permissions."""

from collections.abc import Mapping

from backend.accounts.areas import StaffArea

STAFF_AREAS_OF_APPS: Mapping[str, StaffArea] = {
    "accounts": StaffArea.CUSTOMERS,
    "addresses": StaffArea.CUSTOMERS,
    "analytics": StaffArea.REPORTS,
    "api": StaffArea.OPERATIONS,
    "audit": StaffArea.AUDIT,
    "carts": StaffArea.ORDERS,
    "catalog": StaffArea.CATALOGUE,
    "dashboard": StaffArea.REPORTS,
    "importing": StaffArea.CATALOGUE,
    "inventory": StaffArea.STOCK,
    "invoices": StaffArea.ORDERS,
    "notifications": StaffArea.CUSTOMERS,
    "orders": StaffArea.ORDERS,
    "outbox": StaffArea.OPERATIONS,
    "payments": StaffArea.PAYMENTS,
    "privacy": StaffArea.CUSTOMERS,
    "promotions": StaffArea.PROMOTIONS,
    "purchasing": StaffArea.STOCK,
    "recommendations": StaffArea.MODELS,
    "reviews": StaffArea.REVIEWS,
    "search": StaffArea.SEARCH,
    "shipping": StaffArea.ORDERS,
    "taxes": StaffArea.PAYMENTS,
    "tracking": StaffArea.REPORTS,
    "wish_lists": StaffArea.CUSTOMERS,
    "webhooks": StaffArea.WEBHOOKS,
}
