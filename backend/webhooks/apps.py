"""Events for other systems: endpoints, signed deliveries with retries, and their log."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    """Events for other systems: endpoints, signed deliveries with retries, and their log."""

    name = "backend.webhooks"
    label = "webhooks"
