"""What every endpoint shares."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """What every endpoint shares."""

    name = "backend.api"
    label = "api"
