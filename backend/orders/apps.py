"""What was bought: orders, and the movements that money is counted from."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """What was bought: orders, and the movements that money is counted from."""

    name = "backend.orders"
    label = "orders"
