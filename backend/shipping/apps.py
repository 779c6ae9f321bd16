"""Shipping methods, and what they cost."""

from django.apps import AppConfig


class ShippingConfig(AppConfig):
    """Shipping methods, and what they cost."""

    name = "backend.shipping"
    label = "shipping"
