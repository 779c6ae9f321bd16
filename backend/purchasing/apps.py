"""Reordering: rules, forecasts of demand, and purchase orders."""

from django.apps import AppConfig


class PurchasingConfig(AppConfig):
    """Reordering: rules, forecasts of demand, and purchase orders."""

    name = "backend.purchasing"
    label = "purchasing"
