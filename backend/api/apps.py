"""Shared by all endpoints: errors, envelopes, pages, money, parameters, throttles."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """Shared by all endpoints: errors, envelopes, pages, money, parameters, throttles."""

    name = "backend.api"
    label = "api"

    def ready(self) -> None:
        """Register the translations of database errors, and measure queries."""
        from backend.api import database_errors, database_queries  # noqa: PLC0415 - apps are loaded only now

        database_errors.register()
        database_queries.connect()
