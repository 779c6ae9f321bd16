"""The endpoints of the caller's passkeys."""

from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.authentication import account_of, session_of
from backend.accounts.errors import TooManyAttempts, WrongPassword
from backend.accounts.second_factor import passkey_enrolment
from backend.accounts.second_factor.errors import (
    LastSecondFactor,
    PasskeyNotFound,
    PasskeyRefused,
    PasskeyRegistered,
    PasskeysUnavailable,
    SecondFactorRequired,
    TooManyPasskeys,
    WrongCode,
)
from backend.accounts.second_factor.models import Passkey
from backend.accounts.second_factor.passkey_serializers import (
    AddedPasskeySerializer,
    DeletedPasskeySerializer,
    NewPasskeySerializer,
    PasskeyCreationOptionsSerializer,
    PasskeyNameSerializer,
    PasskeySerializer,
)
from backend.accounts.second_factor.serializers import PasswordAndOptionalCodeSerializer, PasswordSerializer
from backend.accounts.second_factor.views import SensitiveView
from backend.api.pagination import page_response
from backend.api.parameters import PageParameters, parse, parse_body
from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation, page_of
from backend.audit.actors import actor_of


class PasskeyOptionsView(SensitiveView):
    """The first step of adding a passkey."""

    @operation(
        "passkeys_options",
        tag="accounts",
        request=PasswordSerializer,
        response=envelope_of(PasskeyCreationOptionsSerializer),
        errors=[WrongPassword, TooManyAttempts, SecondFactorRequired, TooManyPasskeys, PasskeysUnavailable],
    )
    def post(self, request: Request) -> Response:
        """Begin to add a passkey.

        Pass `data` to `PublicKeyCredential.parseCreationOptionsFromJSON()`, create the credential in the
        browser, and send it to `passkeys_create` within five minutes.
        """
        options = passkey_enrolment.begin_passkey(
            account_of(request).pk,
            **parse_body(request, PasswordSerializer),
            session_id=session_of(request).pk,
            now=timezone.now(),
        )
        return envelope(options)


class PasskeyListView(APIView):
    """The caller's passkeys."""

    open_without_second_factor = True

    @operation("passkeys_list", tag="accounts", query=PageParameters, response=page_of(PasskeySerializer))
    def get(self, request: Request) -> Response:
        """List your passkeys, the oldest first."""

        def shown(page: list[Passkey]) -> Any:
            return PasskeySerializer(page, many=True).data  # type: ignore[arg-type]

        rows = passkey_enrolment.passkeys_of(account_of(request).pk)
        return page_response(request, rows, parameters=parse(request, PageParameters), shown=shown)

    @operation(
        "passkeys_create",
        tag="accounts",
        request=NewPasskeySerializer,
        response=envelope_of(AddedPasskeySerializer),
        status=201,
        errors=[
            PasskeyRefused,
            PasskeyRegistered,
            SecondFactorRequired,
            TooManyPasskeys,
            PasskeysUnavailable,
        ],
    )
    def post(self, request: Request) -> Response:
        """Add the passkey that the browser created.

        If you had no recovery codes, the response has ten.
        """
        passkey, codes = passkey_enrolment.add_passkey(
            account_of(request).pk,
            **parse_body(request, NewPasskeySerializer),
            session_id=session_of(request).pk,
            by=actor_of(request),
            now=timezone.now(),
        )
        data = AddedPasskeySerializer({"passkey": passkey, "recovery_codes": codes}).data
        return envelope(data, message="Passkey added.", status=201)


class PasskeyView(APIView):
    """A passkey of the caller."""

    open_without_second_factor = True

    @operation(
        "passkeys_update",
        tag="accounts",
        request=PasskeyNameSerializer,
        response=envelope_of(PasskeySerializer),
        errors=[PasskeyNotFound],
    )
    def patch(self, request: Request, passkey_id: int) -> Response:
        """Rename a passkey."""
        passkey = passkey_enrolment.rename_passkey(
            account_of(request).pk,
            passkey_id=passkey_id,
            **parse_body(request, PasskeyNameSerializer),
            by=actor_of(request),
        )
        return envelope(PasskeySerializer(passkey).data, message="Passkey renamed.")


class PasskeyDeleteView(SensitiveView):
    """Removal of a passkey."""

    @operation(
        "passkeys_delete",
        tag="accounts",
        request=PasswordAndOptionalCodeSerializer,
        response=envelope_of(DeletedPasskeySerializer),
        errors=[WrongPassword, TooManyAttempts, WrongCode, PasskeyNotFound, LastSecondFactor],
    )
    def post(self, request: Request, passkey_id: int) -> Response:
        """Delete a passkey.

        For five minutes after the second factor was verified in the session, `code` may be left out. Without
        another second factor, the recovery codes are deleted too.
        """
        passkey_enrolment.delete_passkey(
            account_of(request).pk,
            passkey_id=passkey_id,
            **parse_body(request, PasswordAndOptionalCodeSerializer),
            session_id=session_of(request).pk,
            by=actor_of(request),
            now=timezone.now(),
        )
        return envelope(DeletedPasskeySerializer({"id": passkey_id}).data, message="Passkey deleted.")
