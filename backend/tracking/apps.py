"""What shoppers do, on its way into the warehouse."""

from django.apps import AppConfig


class TrackingConfig(AppConfig):
    """What shoppers do, on its way into the warehouse."""

    name = "backend.tracking"
    label = "tracking"
