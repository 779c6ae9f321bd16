"""Serializers for accounts and tokens."""

from typing import Any

from django.utils import timezone
from rest_framework import serializers

from backend.accounts.models import User, UserType
from backend.accounts.services import SELF_SERVICE_ROLES
from backend.api.fields import Choice
from backend.api.parameters import Body
from backend.api.text import Text

PROFILE = {"first_name": "John", "last_name": "Doe", "date_of_birth": "1990-01-01", "user_type": "CUSTOMER"}


class RegisterSerializer(Body):
    """A new account."""

    EXAMPLE = {"phone": "+15550100003", "password": "a long passphrase", **PROFILE}

    phone = serializers.CharField(max_length=32)
    password = serializers.CharField(max_length=128, write_only=True, trim_whitespace=False)
    first_name = serializers.CharField(max_length=150, required=False, default="", allow_blank=True)
    last_name = serializers.CharField(max_length=150, required=False, default="", allow_blank=True)
    date_of_birth = serializers.DateField(required=False, allow_null=True, default=None)
    user_type = Choice(
        choices=[(role.value, role.label) for role in SELF_SERVICE_ROLES], default=UserType.CUSTOMER.value
    )

    def validate_date_of_birth(self, value: Any) -> Any:
        """Refuse a date in the future."""
        return _not_in_the_future(value)


def _not_in_the_future(value: Any) -> Any:
    if value is not None and value > timezone.now().date():
        raise serializers.ValidationError("Must not be in the future.")
    return value


class ProfileChangesSerializer(Body):
    """Changes to the caller's own account; fields that are not sent keep their values."""

    EXAMPLE = {
        "email": "john@shop.example",
        "first_name": "John",
        "last_name": "Doe",
        "date_of_birth": "1990-01-01",
    }

    email = serializers.EmailField(
        max_length=254, required=False, allow_blank=True, help_text="The address for notifications."
    )
    first_name = Text(max_length=150, required=False, allow_blank=True)
    last_name = Text(max_length=150, required=False, allow_blank=True)
    date_of_birth = serializers.DateField(required=False, allow_null=True)

    def validate_date_of_birth(self, value: Any) -> Any:
        """Refuse a date in the future."""
        return _not_in_the_future(value)


class LoginSerializer(Body):
    """Phone and password."""

    EXAMPLE = {"phone": "+15550100003", "password": "a long passphrase"}

    phone = serializers.CharField(max_length=32)
    password = serializers.CharField(max_length=128, write_only=True, trim_whitespace=False)


class TokenRefreshSerializer(Body):
    """The refresh token of a session."""

    EXAMPLE = {"refresh_token": "eyJhbGciOi…"}

    refresh_token = serializers.CharField(max_length=4_096)


class UserSerializer(serializers.ModelSerializer[User]):
    """The caller's own account."""

    EXAMPLE = {"phone": "+15550100003", "email": "john@shop.example", **PROFILE}

    email = serializers.CharField(help_text="The address for notifications; empty if there is none.")

    class Meta:
        model = User
        fields = [
            "id",
            "phone",
            "email",
            "first_name",
            "last_name",
            "date_of_birth",
            "user_type",
            "date_joined",
        ]
        read_only_fields = fields


class TokensSerializer(serializers.Serializer[Any]):
    """A session's user and tokens; `expires_in` is the access token's lifetime in seconds."""

    EXAMPLE = {
        "access_token": "eyJhbGciOi…",
        "refresh_token": "eyJhbGciOi…",
        "token_type": "Bearer",
        "expires_in": 3600,
    }

    access_token = serializers.CharField()
    refresh_token = serializers.CharField()
    token_type = serializers.CharField()
    expires_in = serializers.IntegerField()
    user = UserSerializer()
