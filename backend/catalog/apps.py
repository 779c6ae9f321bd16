"""The catalogue: categories, products, variants."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """The catalogue: categories, products, variants."""

    name = "backend.catalog"
    label = "catalog"
