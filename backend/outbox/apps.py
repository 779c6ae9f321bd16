"""The outbox: messages written in the transaction of the change that they announce."""

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    """The outbox: messages written in the transaction of the change that they announce."""

    name = "backend.outbox"
    label = "outbox"
