"""A believable shop to try things on."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    """A believable shop to try things on."""

    name = "demo"
    label = "demo"
