"""The only door out of a transaction."""

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    """The only door out of a transaction."""

    name = "backend.outbox"
    label = "outbox"
