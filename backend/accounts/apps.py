"""Accounts: users identified by phone, roles, login sessions."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Accounts: users identified by phone, roles, login sessions."""

    name = "backend.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Register the OpenAPI description of access tokens."""
        from backend.accounts import openapi  # noqa: F401, PLC0415 - registers itself when imported
