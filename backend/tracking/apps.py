"""The intake of events that shoppers' clients send."""

from django.apps import AppConfig


class TrackingConfig(AppConfig):
    """The intake of events that shoppers' clients send."""

    name = "backend.tracking"
    label = "tracking"
