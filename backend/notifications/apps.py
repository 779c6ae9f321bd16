"""Messages to users: what is sent to whom, rendering, channels, and the log of deliveries."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Messages to users: what is sent to whom, rendering, channels, and the log of deliveries."""

    name = "backend.notifications"
    label = "notifications"
