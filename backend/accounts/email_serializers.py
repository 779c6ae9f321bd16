"""Serializers of the caller's e-mail address."""

from rest_framework import serializers

from backend.accounts.fields import code_field, current_password_field
from backend.api.parameters import Body


class EmailSerializer(Body):
    """A new e-mail address."""

    EXAMPLE = {"email": "john@shop.example"}

    email = serializers.EmailField(max_length=254)


class EmailCodeSerializer(Body):
    """The code that was sent to the e-mail address, and the account's password."""

    EXAMPLE = {"code": "123456", "password": "a long passphrase"}

    code = code_field()
    password = current_password_field()
