"""Passkeys (WebAuthn), verified by py_webauthn, which is the optional extra `passkeys`."""

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import structlog
from django.conf import settings
from django.utils.crypto import salted_hmac

from backend.accounts.models import User
from backend.accounts.second_factor.errors import PasskeyRefused, PasskeysUnavailable
from backend.accounts.second_factor.models import Passkey

TIMEOUT = timedelta(minutes=5)
TRANSPORTS = ("usb", "nfc", "ble", "smart-card", "hybrid", "internal", "cable")

_BASE64URL = re.compile(r"[A-Za-z0-9_-]{1,1400}")
_HANDLE_SALT = "backend.accounts.second_factor.passkeys.user"

logger = structlog.get_logger(__name__)


def _webauthn() -> ModuleType:
    """Return the library.

    Raises:
        PasskeysUnavailable: it isn't installed.
    """
    try:
        import webauthn  # noqa: PLC0415 - optional, and slow to import
    except ImportError as error:
        raise PasskeysUnavailable from error
    return webauthn


def are_available() -> bool:
    """Return whether the library is installed."""
    return find_spec("webauthn") is not None


def registration_options(user: User) -> dict[str, Any]:
    """Return the options for `navigator.credentials.create()`, as JSON.

    Raises:
        PasskeysUnavailable: the library isn't installed.
    """
    webauthn = _webauthn()
    structs = webauthn.helpers.structs
    options = webauthn.generate_registration_options(
        rp_id=settings.PASSKEY_RP_ID,
        rp_name=settings.SHOP_NAME or settings.PASSKEY_RP_ID,
        user_id=_user_handle(user.pk),
        user_name=user.phone or str(user.pk),
        user_display_name=user.get_full_name() or user.phone or str(user.pk),
        timeout=_milliseconds(),
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.PREFERRED,
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=_descriptors(webauthn, user_id=user.pk),
    )
    return _as_json(webauthn, options)


def _user_handle(user_id: int) -> bytes:
    """Return what authenticators store for the account, which must reveal nothing about it."""
    return salted_hmac(_HANDLE_SALT, str(user_id), algorithm="sha256").digest()


def _milliseconds() -> int:
    return int(TIMEOUT.total_seconds() * 1_000)


def _descriptors(webauthn: ModuleType, *, user_id: int) -> list[Any]:
    structs = webauthn.helpers.structs
    return [
        structs.PublicKeyCredentialDescriptor(
            id=webauthn.base64url_to_bytes(passkey.credential_id),
            transports=[structs.AuthenticatorTransport(name) for name in passkey.transports] or None,
        )
        for passkey in Passkey.objects.filter(user=user_id).order_by("pk")
    ]


def _as_json(webauthn: ModuleType, options: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(webauthn.options_to_json(options))
    return found


def verified_registration(user_id: int, *, response: Mapping[str, Any], challenge: str) -> Passkey:
    """Return the unsaved passkey that the browser created for the options with this challenge.

    Raises:
        PasskeyRefused: the response doesn't belong to the options, or is malformed.
        PasskeysUnavailable: the library isn't installed.
    """
    webauthn = _webauthn()
    try:
        verified = webauthn.verify_registration_response(
            credential=dict(response),
            expected_challenge=webauthn.base64url_to_bytes(challenge),
            expected_rp_id=settings.PASSKEY_RP_ID,
            expected_origin=settings.PASSKEY_ORIGINS,
            require_user_verification=True,
        )
        # Without attestation the library doesn't look at the key before the first login with it.
        key = webauthn.helpers.decode_credential_public_key(verified.credential_public_key)
        webauthn.helpers.decoded_public_key_to_cryptography(key)
    except _refusals(webauthn) as error:
        logger.info("passkey_refused", reason=str(error))
        raise PasskeyRefused from error
    return Passkey(
        user_id=user_id,
        credential_id=webauthn.helpers.bytes_to_base64url(verified.credential_id),
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
        transports=_transports(response),
        backed_up=verified.credential_backed_up,
    )


def _refusals(webauthn: ModuleType) -> tuple[type[Exception], ...]:
    """Return the exceptions with which the library refuses a response."""
    return (webauthn.helpers.exceptions.WebAuthnException, ValueError, TypeError, LookupError)


def _transports(response: Mapping[str, Any]) -> list[str]:
    named = response.get("response", {}).get("transports", [])
    return [name for name in TRANSPORTS if isinstance(named, list) and name in named]


def authentication_options(user_id: int) -> dict[str, Any]:
    """Return the options for `navigator.credentials.get()` with the user's passkeys, as JSON.

    Raises:
        PasskeysUnavailable: the library isn't installed.
    """
    webauthn = _webauthn()
    options = webauthn.generate_authentication_options(
        rp_id=settings.PASSKEY_RP_ID,
        timeout=_milliseconds(),
        allow_credentials=_descriptors(webauthn, user_id=user_id),
        user_verification=webauthn.helpers.structs.UserVerificationRequirement.REQUIRED,
    )
    return _as_json(webauthn, options)


def accept(user_id: int, *, response: Mapping[str, Any], challenge: str, now: datetime) -> bool:
    """Return whether a passkey of the user signed the challenge; if so, its counter is saved.

    The caller holds the lock of the user and never accepts the challenge again.

    Raises:
        PasskeysUnavailable: the library isn't installed.
    """
    webauthn = _webauthn()
    credential_id = response.get("id")
    if not challenge or not isinstance(credential_id, str) or not _BASE64URL.fullmatch(credential_id):
        return False
    passkey = Passkey.objects.filter(user=user_id, credential_id=credential_id).first()
    if passkey is None:
        return False
    try:
        verified = webauthn.verify_authentication_response(
            credential=dict(response),
            expected_challenge=webauthn.base64url_to_bytes(challenge),
            expected_rp_id=settings.PASSKEY_RP_ID,
            expected_origin=settings.PASSKEY_ORIGINS,
            credential_public_key=bytes(passkey.public_key),
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except _refusals(webauthn) as error:
        logger.info("passkey_refused", reason=str(error))
        return False
    passkey.sign_count, passkey.last_used_at = verified.new_sign_count, now
    passkey.backed_up = verified.credential_backed_up
    passkey.save(update_fields=["sign_count", "last_used_at", "backed_up"])
    return True
