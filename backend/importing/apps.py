"""Imports catalogues and past orders."""

from django.apps import AppConfig


class ImportingConfig(AppConfig):
    """Imports catalogues and past orders."""

    name = "backend.importing"
    label = "importing"
