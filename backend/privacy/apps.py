"""Privacy: export and erasure of personal data."""

from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    """Privacy: export and erasure of personal data."""

    name = "backend.privacy"
    label = "privacy"
