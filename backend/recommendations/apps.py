"""The recommendations app."""

from django.apps import AppConfig
from django.core.checks import register

from backend.api.commands import CONFIGURATION


class RecommendationsConfig(AppConfig):
    """The recommendations app."""

    name = "backend.recommendations"
    label = "recommendations"

    def ready(self) -> None:
        """Register the check of the settings."""
        from backend.recommendations import checks  # noqa: PLC0415 - apps are loaded only now

        register(checks.check_slots, CONFIGURATION)
