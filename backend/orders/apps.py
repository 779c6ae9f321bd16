"""Orders, and the movements of units and money from which revenue is computed."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """Orders, and the movements of units and money from which revenue is computed."""

    name = "backend.orders"
    label = "orders"
