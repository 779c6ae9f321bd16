"""What search engines and shopping sites read: sitemaps, product feeds, structured data."""

from django.apps import AppConfig


class DiscoveryConfig(AppConfig):
    """What search engines and shopping sites read: sitemaps, product feeds, structured data."""

    name = "backend.discovery"
    label = "discovery"
