"""Accounts: users identified by phone, roles, login sessions."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Accounts: users identified by phone, roles, login sessions."""

    name = "backend.accounts"
    label = "accounts"
