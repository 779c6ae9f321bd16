"""The endpoints of the caller's second factors."""

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.authentication import account_of, session_of
from backend.accounts.errors import TooManyAttempts, WrongPassword
from backend.accounts.second_factor import enrolment
from backend.accounts.second_factor.errors import (
    LastSecondFactor,
    NoSecondFactor,
    SecondFactorRequired,
    TotpAlreadyEnabled,
    TotpNotEnrolled,
    WrongCode,
)
from backend.accounts.second_factor.serializers import (
    NewRecoveryCodesSerializer,
    PasswordAndCodeSerializer,
    PasswordAndOptionalCodeSerializer,
    PasswordSerializer,
    SecondFactorSerializer,
    TotpCodeSerializer,
    TotpEnrolmentSerializer,
)
from backend.api.parameters import parse_body
from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation
from backend.api.throttles import LoginThrottle
from backend.audit.actors import actor_of


class SecondFactorView(APIView):
    """The caller's second factors."""

    open_without_second_factor = True

    @operation("second_factor_get", tag="accounts", response=envelope_of(SecondFactorSerializer))
    def get(self, request: Request) -> Response:
        """Show your second factors and how many recovery codes are left."""
        return envelope(SecondFactorSerializer(enrolment.state_of(account_of(request))).data)


class SensitiveView(APIView):
    """A change of the caller's second factors, which needs the password or a code."""

    open_without_second_factor = True
    throttle_classes = (LoginThrottle,)


class TotpView(SensitiveView):
    """Enrolment of an authenticator app."""

    @operation(
        "second_factor_totp_create",
        tag="accounts",
        request=PasswordSerializer,
        response=envelope_of(TotpEnrolmentSerializer),
        status=201,
        errors=[WrongPassword, TooManyAttempts, SecondFactorRequired, TotpAlreadyEnabled],
    )
    def post(self, request: Request) -> Response:
        """Begin to set up an authenticator app.

        Show the QR code, then confirm with a code of the app; until then, logins don't ask for one.
        """
        begun = enrolment.begin_totp(
            account_of(request).pk,
            **parse_body(request, PasswordSerializer),
            session_id=session_of(request).pk,
            by=actor_of(request),
            now=timezone.now(),
        )
        return envelope(TotpEnrolmentSerializer(begun).data, message="Confirm with a code.", status=201)


class TotpConfirmView(SensitiveView):
    """Confirmation of an authenticator app."""

    @operation(
        "second_factor_totp_confirm",
        tag="accounts",
        request=TotpCodeSerializer,
        response=envelope_of(NewRecoveryCodesSerializer),
        errors=[TotpNotEnrolled, SecondFactorRequired, WrongCode, TooManyAttempts],
    )
    def post(self, request: Request) -> Response:
        """Enable the authenticator app with its first code.

        If you had no recovery codes, the response has ten. Each replaces a code of the app once.
        """
        codes = enrolment.confirm_totp(
            account_of(request).pk,
            **parse_body(request, TotpCodeSerializer),
            session_id=session_of(request).pk,
            by=actor_of(request),
            now=timezone.now(),
        )
        return envelope(
            NewRecoveryCodesSerializer({"recovery_codes": codes}).data, message="Authenticator app enabled."
        )


class TotpDisableView(SensitiveView):
    """Removal of an authenticator app."""

    @operation(
        "second_factor_totp_disable",
        tag="accounts",
        request=PasswordAndCodeSerializer,
        response=envelope_of(SecondFactorSerializer),
        errors=[WrongPassword, TooManyAttempts, WrongCode, TotpNotEnrolled, LastSecondFactor],
    )
    def post(self, request: Request) -> Response:
        """Remove the authenticator app.

        Without another second factor, the recovery codes are deleted too.
        """
        account = account_of(request)
        body = parse_body(request, PasswordAndCodeSerializer)
        enrolment.disable_totp(
            account.pk,
            **body,
            session_id=session_of(request).pk,
            by=actor_of(request),
            now=timezone.now(),
        )
        return envelope(
            SecondFactorSerializer(enrolment.state_of(account)).data, message="Authenticator app removed."
        )


class RecoveryCodesView(SensitiveView):
    """The caller's recovery codes."""

    @operation(
        "recovery_codes_create",
        tag="accounts",
        request=PasswordAndOptionalCodeSerializer,
        response=envelope_of(NewRecoveryCodesSerializer),
        status=201,
        errors=[WrongPassword, TooManyAttempts, WrongCode, NoSecondFactor],
    )
    def post(self, request: Request) -> Response:
        """Replace your recovery codes by ten new ones.

        They are shown once; the earlier ones become invalid. For five minutes after the second factor was
        verified in the session, `code` may be left out.
        """
        codes = enrolment.renew_recovery_codes(
            account_of(request).pk,
            **parse_body(request, PasswordAndOptionalCodeSerializer),
            session_id=session_of(request).pk,
            by=actor_of(request),
            now=timezone.now(),
        )
        return envelope(
            NewRecoveryCodesSerializer({"recovery_codes": codes}).data, message="New codes.", status=201
        )
