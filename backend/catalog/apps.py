"""What is sold: categories, products, variants."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """What is sold: categories, products, variants."""

    name = "backend.catalog"
    label = "catalog"
