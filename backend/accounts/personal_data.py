"""The personal data of accounts. The account itself is deleted last, because other rows are found by it."""

from backend.accounts.models import KnownDevice, OneTimePassword, SecurityEvent, Session, ShopperLink, User
from backend.accounts.second_factor.models import (
    Passkey,
    PasskeyRegistration,
    RecoveryCode,
    SecondFactorChallenge,
    TotpSecret,
)
from backend.api.models import IdempotencyKey
from backend.api.personal_data import PersonalRows, PersonalTables, owned_by

PERSONAL_DATA = PersonalTables(
    "accounts",
    [
        PersonalRows(
            section="idempotent_requests",
            model=IdempotencyKey,
            owner=owned_by("user"),
            exported=["scope", "status", "created_at"],
            # The response is a copy of what the other sections show.
            withheld=["id", "user", "guest", "key", "fingerprint", "body"],
        ),
        PersonalRows(
            section="one_time_passwords",
            model=OneTimePassword,
            owner=owned_by("user"),
            exported=["created_at", "expires_at", "attempts", "used_at", "reset_at"],
            withheld=["id", "user", "phone_key", "window", "number", "nonce", "reset_token_hash"],
        ),
        PersonalRows(
            section="shopper_links",
            model=ShopperLink,
            owner=owned_by("user"),
            exported=["anonymous_id", "linked_at"],
            withheld=["id", "user"],
        ),
        PersonalRows(
            section="authenticator_app",
            model=TotpSecret,
            owner=owned_by("user"),
            exported=["created_at", "confirmed_at"],
            withheld=["id", "user", "nonce", "key_fingerprint", "last_step"],
        ),
        PersonalRows(
            section="recovery_codes",
            model=RecoveryCode,
            owner=owned_by("user"),
            exported=["created_at", "used_at"],
            withheld=["id", "user", "salt", "code_hash"],
        ),
        PersonalRows(
            section="passkeys",
            model=Passkey,
            owner=owned_by("user"),
            exported=["name", "transports", "backed_up", "created_at", "last_used_at"],
            withheld=["id", "user", "credential_id", "public_key", "sign_count"],
        ),
        PersonalRows(
            section="passkey_registrations",
            model=PasskeyRegistration,
            owner=owned_by("user"),
            exported=["expires_at"],
            withheld=["id", "user", "challenge"],
        ),
        PersonalRows(
            section="second_factor_challenges",
            model=SecondFactorChallenge,
            owner=owned_by("user"),
            exported=["anonymous_id", "attempts", "created_at", "expires_at", "used_at"],
            withheld=["id", "user", "token_hash", "password_key", "passkey_challenge"],
        ),
        PersonalRows(
            section="security_events",
            model=SecurityEvent,
            owner=owned_by("user"),
            exported=["kind", "detail", "happened_at"],
            withheld=["id", "user"],
        ),
        PersonalRows(
            section="known_devices",
            model=KnownDevice,
            owner=owned_by("user"),
            exported=["last_used_at"],
            withheld=["id", "user", "token_hash"],
        ),
        PersonalRows(
            section="sessions",
            model=Session,
            owner=owned_by("user"),
            exported=[
                "id",
                "issued_at",
                "created_at",
                "expires_at",
                "ended_at",
                "last_used_at",
                "second_factor_at",
                "user_agent",
                "address",
            ],
            withheld=["user", "refresh_id", "previous_refresh_id"],
        ),
        PersonalRows(
            section="account",
            model=User,
            owner=owned_by("pk"),
            exported=[
                "id",
                "phone",
                "first_name",
                "last_name",
                "date_of_birth",
                "email",
                "language",
                "marketing_consent",
                "marketing_consent_at",
                "user_type",
                "is_active",
                "is_staff",
                "areas",
                "date_joined",
                "last_login",
                "shopper_key",
                "source",
                "source_reference",
            ],
            withheld=["password", "is_superuser", "groups", "user_permissions"],
        ),
    ],
)
