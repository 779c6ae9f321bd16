"""Serializers of the caller's e-mail address."""

from rest_framework import serializers

from backend.accounts.fields import current_password_field
from backend.api.parameters import Body


class EmailSerializer(Body):
    """A new e-mail address."""

    EXAMPLE = {"email": "john@shop.example"}

    email = serializers.EmailField(max_length=254)


class EmailCodeSerializer(Body):
    """The code that was sent to the e-mail address, and the account's password."""

    EXAMPLE = {"code": "123456", "password": "a long passphrase"}

    code = serializers.RegexField(
        r"^[0-9]{6}(?![\s\S])",
        max_length=6,
        trim_whitespace=False,
        write_only=True,
        error_messages={"invalid": "Must be six digits."},
        help_text="The six digits.",
    )
    password = current_password_field()
