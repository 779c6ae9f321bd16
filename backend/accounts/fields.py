"""Serializer fields that several endpoints of accounts share."""

from typing import Any

from rest_framework import serializers

LONGEST_PASSWORD = 128
# The end is not `$`, which also matches before a final line break.
SENT_CODE = r"^[0-9]{6}(?![\s\S])"


def password_field(**options: Any) -> serializers.CharField:
    """Return a field for a password, which is refused before it is hashed if it is too long."""
    return serializers.CharField(
        max_length=LONGEST_PASSWORD, write_only=True, trim_whitespace=False, **options
    )


def current_password_field() -> serializers.CharField:
    """Return a field for the password that the account has."""
    return password_field(help_text="The account's password.")


def code_field(
    pattern: str = SENT_CODE,
    *,
    max_length: int = 6,
    expected: str = "six digits",
    help_text: str = "The six digits.",
    **options: Any,
) -> serializers.RegexField:
    """Return a field for a code, by default one that was sent; `expected` says what matches the pattern."""
    return serializers.RegexField(
        pattern,
        max_length=max_length,
        trim_whitespace=False,
        write_only=True,
        error_messages={"invalid": f"Must be {expected}."},
        help_text=help_text,
        **options,
    )
