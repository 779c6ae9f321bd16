"""Serializer fields that several endpoints of accounts share."""

from typing import Any

from rest_framework import serializers

LONGEST_PASSWORD = 128


def password_field(**options: Any) -> serializers.CharField:
    """Return a field for a password, which is refused before it is hashed if it is too long."""
    return serializers.CharField(
        max_length=LONGEST_PASSWORD, write_only=True, trim_whitespace=False, **options
    )


def current_password_field() -> serializers.CharField:
    """Return a field for the password that the account has."""
    return password_field(help_text="The account's password.")
