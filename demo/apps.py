"""Fill an empty shop with generated data."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    """Fill an empty shop with generated data."""

    name = "demo"
    label = "demo"
