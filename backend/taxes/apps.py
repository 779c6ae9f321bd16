"""Tax rates, and the tax on amounts."""

from django.apps import AppConfig


class TaxesConfig(AppConfig):
    """Tax rates, and the tax on amounts."""

    name = "backend.taxes"
    label = "taxes"
