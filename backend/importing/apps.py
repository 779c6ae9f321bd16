"""Catalogues and histories from elsewhere."""

from django.apps import AppConfig


class ImportingConfig(AppConfig):
    """Catalogues and histories from elsewhere."""

    name = "backend.importing"
    label = "importing"
