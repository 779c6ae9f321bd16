"""What customers mean to buy."""

from django.apps import AppConfig


class CartsConfig(AppConfig):
    """What customers mean to buy."""

    name = "backend.carts"
    label = "carts"
