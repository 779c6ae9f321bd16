"""Order facts and products go into the warehouse, reports come out of it."""

from django.apps import AppConfig
from django.core.checks import register


class AnalyticsConfig(AppConfig):
    """Order facts and products go into the warehouse, reports come out of it."""

    name = "backend.analytics"
    label = "analytics"

    def ready(self) -> None:
        """Register the check of the reports' files."""
        from backend.analytics import checks  # noqa: PLC0415 - apps are loaded only now

        register(checks.check_reports)
