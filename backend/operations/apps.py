"""Health, metrics and the request log."""

from django.apps import AppConfig


class OperationsConfig(AppConfig):
    """Health, metrics and the request log."""

    name = "backend.operations"
    label = "operations"
