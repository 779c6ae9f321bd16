"""The endpoints of the second step of a login."""

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.devices import device_of
from backend.accounts.errors import TooManyAttempts
from backend.accounts.login_responses import DEVICE_TOKEN, logged_in_response
from backend.accounts.second_factor import challenges
from backend.accounts.second_factor.errors import InvalidChallenge, PasskeysUnavailable, WrongCode
from backend.accounts.second_factor.passkey_serializers import PasskeyRequestOptionsSerializer
from backend.accounts.second_factor.serializers import ChallengeTokenSerializer, SecondStepSerializer
from backend.accounts.serializers import TokensSerializer
from backend.accounts.views import GuestView
from backend.api.consent import TRACKING_CONSENT, tracking_choice
from backend.api.parameters import parse_body
from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation


class SecondStepView(GuestView):
    """The second step of a login."""

    @operation(
        "accounts_login_second_factor",
        tag="accounts",
        request=SecondStepSerializer,
        headers=[DEVICE_TOKEN, TRACKING_CONSENT],
        response=envelope_of(TokensSerializer),
        errors=[WrongCode, InvalidChallenge, TooManyAttempts, PasskeysUnavailable],
    )
    def post(self, request: Request) -> Response:
        """Finish a login with the second factor.

        Send the `challenge_token` of the login with a `code` of the authenticator app or a recovery code, or
        with the response of a `passkey`. A challenge is valid for five minutes and can be tried five times.
        """
        body = parse_body(request, SecondStepSerializer)
        logged_in = challenges.complete_challenge(
            body.pop("challenge_token"),
            **body,
            device=device_of(request),
            tracking_choice=tracking_choice(request),
            now=timezone.now(),
        )
        return logged_in_response(request, logged_in)


class PasskeyLoginOptionsView(GuestView):
    """What a passkey must sign for the second step of a login."""

    @operation(
        "accounts_login_passkey_options",
        tag="accounts",
        request=ChallengeTokenSerializer,
        response=envelope_of(PasskeyRequestOptionsSerializer),
        errors=[InvalidChallenge, PasskeysUnavailable],
    )
    def post(self, request: Request) -> Response:
        """Get the options for a login with a passkey.

        Pass `data` to `PublicKeyCredential.parseRequestOptionsFromJSON()`, and send what the browser returns
        to `accounts_login_second_factor` as `passkey`. Options can be used once.
        """
        body = parse_body(request, ChallengeTokenSerializer)
        return envelope(challenges.passkey_options(body["challenge_token"], now=timezone.now()))
