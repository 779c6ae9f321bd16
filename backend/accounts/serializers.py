"""Serializers for accounts and tokens."""

from datetime import date, datetime
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from backend.accounts.devices import device_name
from backend.accounts.fields import code_field, password_field
from backend.accounts.models import Session, User, UserType
from backend.accounts.services import SELF_SERVICE_ROLES
from backend.api.fields import Choice
from backend.api.parameters import Body
from backend.api.text import Text

# The end is not `$`, which also matches before a final line break.
LANGUAGE_TAG = r"^([a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?)?(?![\s\S])"
DEVICE_HELP = "The token of the device, if the request had the header X-Device-Token."
EARLIEST_BIRTH_YEAR = 1900
PROFILE = {"first_name": "John", "last_name": "Doe", "date_of_birth": "1990-01-01", "user_type": "CUSTOMER"}


class RegisterSerializer(Body):
    """A new account."""

    EXAMPLE = {"phone": "+15550100003", "password": "a long passphrase", **PROFILE}

    phone = serializers.CharField(max_length=32)
    password = password_field()
    first_name = Text(max_length=150, required=False, default="", allow_blank=True)
    last_name = Text(max_length=150, required=False, default="", allow_blank=True)
    date_of_birth = serializers.DateField(required=False, allow_null=True, default=None)
    user_type = Choice(
        choices=[(role.value, role.label) for role in SELF_SERVICE_ROLES], default=UserType.CUSTOMER.value
    )

    def validate_date_of_birth(self, value: Any) -> Any:
        """Refuse a date that cannot be a birth date."""
        return _birth_date(value)


def _birth_date(value: date | None) -> date | None:
    if value is not None and value > timezone.now().date():
        raise serializers.ValidationError("Must not be in the future.")
    if value is not None and value.year < EARLIEST_BIRTH_YEAR:
        raise serializers.ValidationError(f"Must not be before {EARLIEST_BIRTH_YEAR}.")
    return value


class ProfileChangesSerializer(Body):
    """Changes to the caller's own account; fields that are not sent keep their values."""

    EXAMPLE = {
        "email": "john@shop.example",
        "first_name": "John",
        "last_name": "Doe",
        "date_of_birth": "1990-01-01",
        "language": "en",
        "marketing_consent": False,
        "tracking_consent": True,
        "password": "a long passphrase",
    }

    email = serializers.EmailField(
        max_length=254, required=False, allow_blank=True, help_text="The address for notifications."
    )
    first_name = Text(max_length=150, required=False, allow_blank=True)
    last_name = Text(max_length=150, required=False, allow_blank=True)
    date_of_birth = serializers.DateField(required=False, allow_null=True)
    language = serializers.RegexField(
        LANGUAGE_TAG,
        max_length=11,
        required=False,
        allow_blank=True,
        trim_whitespace=False,
        error_messages={"invalid": "Must be a BCP 47 tag, such as `en` or `pt-BR`."},
        help_text="A BCP 47 tag, such as `en` or `pt-BR`; empty for the shop's language.",
    )
    marketing_consent = serializers.BooleanField(
        required=False, help_text="Whether you agree to receive advertising."
    )
    tracking_consent = serializers.BooleanField(
        required=False,
        allow_null=True,
        help_text="Whether what you do in the shop may be stored for reports and recommendations; null to "
        "leave it to the shop's rule.",
    )
    password = password_field(
        required=False,
        allow_blank=True,
        help_text="The account's password, which is needed to remove a verified e-mail address.",
    )

    def validate_date_of_birth(self, value: Any) -> Any:
        """Refuse a date that cannot be a birth date."""
        return _birth_date(value)


class PasswordChangeSerializer(Body):
    """The current and the new password."""

    EXAMPLE = {"current_password": "a long passphrase", "password": "another long passphrase"}

    current_password = password_field()
    password = password_field()


class ForgotPasswordSerializer(Body):
    """The phone of an account whose password was forgotten."""

    EXAMPLE = {"phone": "+15550100003"}

    phone = serializers.CharField(max_length=32)


class CodeRequestedSerializer(serializers.Serializer[Any]):
    """How long the code is valid, in seconds."""

    EXAMPLE = {"expires_in": 300}

    expires_in = serializers.IntegerField()


class CodeSerializer(Body):
    """A code that was sent to the phone."""

    EXAMPLE = {"phone": "+15550100003", "otp": "123456"}

    phone = serializers.CharField(max_length=32)
    otp = code_field()


class ResetTokenSerializer(serializers.Serializer[Any]):
    """The token that resets the password, and its lifetime in seconds."""

    EXAMPLE = {"reset_token": "vJpV2m5…", "expires_in": 600}

    reset_token = serializers.CharField()
    expires_in = serializers.IntegerField()


class PasswordResetSerializer(Body):
    """The new password."""

    EXAMPLE = {"phone": "+15550100003", "password": "another long passphrase", "reset_token": "vJpV2m5…"}

    phone = serializers.CharField(max_length=32)
    password = password_field()
    reset_token = serializers.CharField(
        max_length=100,
        required=False,
        write_only=True,
        help_text="The token of `accounts_verify_otp`, unless its cookie is sent.",
    )


class PasswordResetDoneSerializer(serializers.Serializer[Any]):
    """The account whose password was reset."""

    EXAMPLE = {"phone": "+15550100003", "device_token": "mC0vLw9…"}

    phone = serializers.CharField(help_text="As it was sent.")
    device_token = serializers.CharField(required=False, help_text=DEVICE_HELP)


class LoginSerializer(Body):
    """Phone and password."""

    EXAMPLE = {"phone": "+15550100003", "password": "a long passphrase"}

    phone = serializers.CharField(max_length=32)
    password = password_field()


class TokenRefreshSerializer(Body):
    """The refresh token of a session."""

    EXAMPLE = {"refresh_token": "eyJhbGciOi…"}

    refresh_token = serializers.CharField(max_length=4_096)


class UserSerializer(serializers.ModelSerializer[User]):
    """The caller's own account."""

    EXAMPLE = {
        "phone": "+15550100003",
        "email": "john@shop.example",
        "email_verified": True,
        **PROFILE,
        "language": "en",
        "marketing_consent_at": "2026-03-02T12:00:00Z",
        "tracking_consent": True,
        "tracking_consent_at": "2026-03-02T12:00:00Z",
    }

    email = serializers.CharField(help_text="The address for notifications; empty if there is none.")
    email_verified = serializers.BooleanField(
        read_only=True, help_text="Whether a code that was sent to the address was verified."
    )

    class Meta:
        model = User
        fields = [
            "id",
            "phone",
            "email",
            "email_verified",
            "first_name",
            "last_name",
            "date_of_birth",
            "user_type",
            "language",
            "marketing_consent",
            "marketing_consent_at",
            "tracking_consent",
            "tracking_consent_at",
            "date_joined",
        ]
        read_only_fields = fields


class TokensSerializer(serializers.Serializer[Any]):
    """A session's user and tokens; `expires_in` is the access token's remaining lifetime in seconds."""

    EXAMPLE = {
        "access_token": "eyJhbGciOi…",
        "refresh_token": "eyJhbGciOi…",
        "token_type": "Bearer",
        "expires_in": 900,
        "device_token": "mC0vLw9…",
    }

    access_token = serializers.CharField()
    refresh_token = serializers.CharField()
    token_type = serializers.CharField()
    expires_in = serializers.IntegerField()
    user = UserSerializer()
    device_token = serializers.CharField(required=False, help_text=DEVICE_HELP)


class SessionSerializer(serializers.Serializer[Session]):
    """A login session."""

    EXAMPLE = {
        "id": "7b0d8f0e-5d0c-4a53-9a44-0d3c6f0a2f11",
        "device": "Firefox on Windows",
        "address": "203.0.113.7",
        "created_at": "2026-03-02T12:00:00Z",
        "last_used_at": "2026-03-02T18:30:00Z",
        "expires_at": "2026-03-16T18:30:00Z",
        "current": True,
    }

    id = serializers.UUIDField()
    device = serializers.SerializerMethodField(
        help_text="The program and the operating system, as far as the client names them."
    )
    address = serializers.CharField(help_text="The network address at the last login or refresh.")
    created_at = serializers.DateTimeField(help_text="When the login was.")
    last_used_at = serializers.SerializerMethodField(
        help_text="The last login or refresh; a client refreshes every 15 minutes while it is used."
    )
    expires_at = serializers.DateTimeField(help_text="When it ends without another refresh.")
    current = serializers.SerializerMethodField(help_text="Whether this request belongs to the session.")

    def get_device(self, session: Session) -> str:
        """Return the name of the device."""
        return device_name(session.user_agent)

    def get_last_used_at(self, session: Session) -> datetime:
        """Return when the session was last used; sessions of an earlier release have only a beginning."""
        return session.last_used_at or session.created_at

    def get_current(self, session: Session) -> bool:
        """Return whether it is the session in the serializer's context."""
        return bool(session.pk == self.context["current"])


class EndedSessionSerializer(serializers.Serializer[Any]):
    """A session that was ended."""

    EXAMPLE = {"id": "7b0d8f0e-5d0c-4a53-9a44-0d3c6f0a2f11"}

    id = serializers.UUIDField()


class EndedSessionsSerializer(serializers.Serializer[Any]):
    """The number of sessions that were ended."""

    EXAMPLE = {"ended": 2}

    ended = serializers.IntegerField()
