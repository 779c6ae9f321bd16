"""Orders, and the movements of units and money that revenue is computed from."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """Orders, and the movements of units and money that revenue is computed from."""

    name = "backend.orders"
    label = "orders"
