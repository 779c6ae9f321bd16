"""Serializers of the second factor."""

from typing import Any

from rest_framework import serializers

from backend.accounts.fields import code_field, current_password_field
from backend.accounts.second_factor.passkey_serializers import AssertionField
from backend.accounts.second_factor.services import Method
from backend.api.fields import Choice
from backend.api.parameters import Body

# Six digits of an app, or 16 characters of a recovery code; the end is not `$`, which also matches before a
# final line break.
CODE = r"^([0-9]{3} ?[0-9]{3}|([0-9A-Za-z]{4}[- ]?){3}[0-9A-Za-z]{4})(?![\s\S])"
TOTP_CODE = r"^[0-9]{3} ?[0-9]{3}(?![\s\S])"
RECOVERY_CODES = ["7K2M-9QXD-04TB-HW5E", "Z3VC-1RNG-8YJA-6PFS"]
CHALLENGE_TOKEN = "pXcZ0s…"  # noqa: S105 - an example
METHODS = [(method.value, method.value.replace("_", " ")) for method in Method]


def _code(**options: Any) -> serializers.RegexField:
    return code_field(
        CODE,
        max_length=19,
        expected="six digits, or the 16 characters of a recovery code",
        help_text="Six digits of the authenticator app, or a recovery code.",
        **options,
    )


class SecondFactorChallengeSerializer(serializers.Serializer[Any]):
    """The second step that the login needs; `expires_in` is in seconds."""

    EXAMPLE = {
        "second_factor_required": True,
        "challenge_token": CHALLENGE_TOKEN,
        "methods": ["totp", "recovery_code"],
        "expires_in": 300,
    }

    second_factor_required = serializers.BooleanField(default=True)
    challenge_token = serializers.CharField(help_text="For `accounts_login_second_factor`; valid once.")
    methods = serializers.ListField(child=Choice(choices=METHODS))
    expires_in = serializers.IntegerField()


class ChallengeTokenSerializer(Body):
    """The challenge of a login."""

    EXAMPLE = {"challenge_token": CHALLENGE_TOKEN}

    challenge_token = serializers.CharField(max_length=100, write_only=True)


class SecondStepSerializer(ChallengeTokenSerializer):
    """The second step of a login: a code, or the response of a passkey."""

    EXAMPLE = {"challenge_token": CHALLENGE_TOKEN, "code": "492039"}

    code = _code(required=False)
    passkey = AssertionField(
        required=False, write_only=True, help_text="What the browser returned for the passkey options."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Require exactly one of the code and the passkey."""
        if ("code" in attrs) == ("passkey" in attrs):
            raise serializers.ValidationError({"code": ["Send either `code` or `passkey`."]})
        return attrs


class SecondFactorSerializer(serializers.Serializer[Any]):
    """The caller's second factors."""

    EXAMPLE = {"methods": ["totp", "recovery_code"], "recovery_codes_left": 9, "is_required": False}

    methods = serializers.ListField(
        child=Choice(choices=METHODS), help_text="What a login accepts; empty without a second factor."
    )
    recovery_codes_left = serializers.IntegerField()
    is_required = serializers.BooleanField(help_text="Whether the account must have a second factor.")


class PasswordSerializer(Body):
    """The account's password."""

    EXAMPLE = {"password": "a long passphrase"}

    password = current_password_field()


class TotpEnrolmentSerializer(serializers.Serializer[Any]):
    """What an authenticator app needs; it is not shown again."""

    EXAMPLE = {
        "secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
        "otpauth_uri": "otpauth://totp/Shop:%2B15550100003?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Shop",
        "qr_code": "data:image/svg+xml;charset=utf-8,%3Csvg…",
    }

    secret = serializers.CharField(help_text="In base 32, to type into the app.")
    otpauth_uri = serializers.CharField()
    qr_code = serializers.CharField(help_text="The URI as a QR code: a `data:` URL of an SVG image.")


class TotpCodeSerializer(Body):
    """A code of the authenticator app."""

    EXAMPLE = {"code": "492039"}

    code = code_field(TOTP_CODE, max_length=7)


class PasswordAndCodeSerializer(PasswordSerializer):
    """The account's password, and a code of its second factor."""

    EXAMPLE = {"password": "a long passphrase", "code": "492039"}

    code = _code()


class NewRecoveryCodesSerializer(serializers.Serializer[Any]):
    """New recovery codes, which are not shown again; empty if the earlier ones stay valid."""

    EXAMPLE = {"recovery_codes": RECOVERY_CODES}

    recovery_codes = serializers.ListField(child=serializers.CharField())


class PasswordAndOptionalCodeSerializer(PasswordSerializer):
    """The account's password; a code unless the session just verified the second factor."""

    EXAMPLE = {"password": "a long passphrase", "code": "492039"}

    code = _code(required=False)
