"""The stock ledger, and units held for orders."""

from django.apps import AppConfig


class InventoryConfig(AppConfig):
    """The stock ledger, and units held for orders."""

    name = "backend.inventory"
    label = "inventory"
