"""The stock ledger, and reservations of units for orders."""

from django.apps import AppConfig


class InventoryConfig(AppConfig):
    """The stock ledger, and reservations of units for orders."""

    name = "backend.inventory"
    label = "inventory"
