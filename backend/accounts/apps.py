"""People: users by phone, roles, sessions."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People: users by phone, roles, sessions."""

    name = "backend.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Let OpenAPI know the access token."""
        from backend.accounts import openapi  # noqa: F401, PLC0415 - registers itself when imported
