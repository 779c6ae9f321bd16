"""Postal addresses."""

from django.apps import AppConfig


class AddressesConfig(AppConfig):
    """Postal addresses."""

    name = "backend.addresses"
    label = "addresses"
