"""Customers' carts."""

from django.apps import AppConfig


class CartsConfig(AppConfig):
    """Customers' carts."""

    name = "backend.carts"
    label = "carts"
