"""Writes order facts and products to the warehouse, and serves reports from it."""

from django.apps import AppConfig
from django.core.checks import register

from backend.api.commands import CONFIGURATION


class AnalyticsConfig(AppConfig):
    """Writes order facts and products to the warehouse, and serves reports from it."""

    name = "backend.analytics"
    label = "analytics"

    def ready(self) -> None:
        """Register the check of the report files."""
        from backend.analytics import checks  # noqa: PLC0415 - apps are loaded only now

        register(checks.check_reports, CONFIGURATION)
