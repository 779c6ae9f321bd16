"""The areas of staff: what a member of staff may work on."""

from collections.abc import Iterable
from enum import StrEnum


class StaffArea(StrEnum):
    """A part of the shop that a member of staff may see and change as a whole."""

    CATALOGUE = "catalogue"
    STOCK = "stock"
    ORDERS = "orders"
    PAYMENTS = "payments"
    PROMOTIONS = "promotions"
    REVIEWS = "reviews"
    CUSTOMERS = "customers"
    SEARCH = "search"
    REPORTS = "reports"
    MODELS = "models"
    OPERATIONS = "operations"
    WEBHOOKS = "webhooks"
    AUDIT = "audit"
    STAFF = "staff"


ALL_AREAS = frozenset(StaffArea)


def stored_areas(areas: Iterable[StaffArea]) -> str:
    """Return the areas as the text that is stored, in the order of the enumeration."""
    chosen = set(areas)
    return ",".join(area for area in StaffArea if area in chosen)


def areas_in(stored: str) -> frozenset[StaffArea]:
    """Return the areas of a stored text.

    A name that this release doesn't know is ignored, because another release may have stored it.
    """
    return frozenset(StaffArea(name) for name in stored.split(",") if name in ALL_AREAS)
