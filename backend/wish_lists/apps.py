"""Customers' wish lists."""

from django.apps import AppConfig


class WishListsConfig(AppConfig):
    """Customers' wish lists."""

    name = "backend.wish_lists"
    label = "wish_lists"
