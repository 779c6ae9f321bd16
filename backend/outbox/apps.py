"""The outbox: messages that are written in the same transaction as the change they announce."""

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    """The outbox: messages that are written in the same transaction as the change they announce."""

    name = "backend.outbox"
    label = "outbox"
