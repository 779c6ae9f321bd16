"""The second step of a login: a challenge that is answered with a code or a passkey."""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from backend.accounts.devices import UNKNOWN_DEVICE, Device
from backend.accounts.locks import lock_user_if_any
from backend.accounts.models import User
from backend.accounts.random_tokens import hash_of, new_token
from backend.accounts.second_factor import passkeys
from backend.accounts.second_factor.errors import InvalidChallenge, WrongCode
from backend.accounts.second_factor.models import PasskeyRegistration, SecondFactorChallenge
from backend.accounts.second_factor.services import (
    Method,
    accept_code,
    count_code,
    record_refusal,
    record_use,
)
from backend.accounts.sessions import LoggedIn, begin_session

VALID_FOR = timedelta(minutes=5)
MOST_ATTEMPTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """What a client needs for the second step of a login."""

    challenge_token: str
    methods: Sequence[Method]
    expires_in: int


def begin_challenge(
    user: User, *, methods: Sequence[Method], anonymous_id: UUID | None = None, now: datetime
) -> Challenge:
    """Return a challenge for the user, whose password was verified against `user.password`."""
    token = new_token()
    SecondFactorChallenge.objects.create(
        user=user,
        token_hash=hash_of(token),
        password_key=user.get_session_auth_hash(),
        anonymous_id=anonymous_id,
        created_at=now,
        expires_at=now + VALID_FOR,
    )
    return Challenge(challenge_token=token, methods=methods, expires_in=int(VALID_FOR.total_seconds()))


def complete_challenge(
    challenge_token: str,
    *,
    code: str | None = None,
    passkey: Mapping[str, Any] | None = None,
    device: Device = UNKNOWN_DEVICE,
    tracking_choice: bool | None = False,
    now: datetime,
) -> LoggedIn:
    """Start a session for the user of the challenge; either `code` or `passkey` is given.

    `tracking_choice` is what the request says about tracking.

    Raises:
        InvalidChallenge: the token is not that of an open challenge.
        WrongCode: the code or the passkey was refused, which counts as an attempt.
        TooManyAttempts: too many codes of the user were wrong; this one is not checked.
    """
    if code is not None:
        user_id = _user_id_of(challenge_token, now=now)
        if user_id is not None:
            count_code(user_id, code=code, now=now)
    with transaction.atomic(durable=True):
        challenge, user = _open_challenge(challenge_token, now=now)
        challenge.attempts += 1
        if code is not None:
            method = accept_code(user.pk, code=code, now=now)
        else:
            method = _accept_passkey(challenge, response=passkey or {}, now=now)
        if method is not None:
            challenge.used_at = now
        # What a passkey signs can be used once.
        challenge.passkey_challenge = ""
        challenge.save(update_fields=["attempts", "used_at", "passkey_challenge"])
        if method is not None:
            return begin_session(
                user,
                device=device,
                anonymous_id=challenge.anonymous_id,
                tracking_choice=tracking_choice,
                second_factor=method.value,
                now=now,
            )
    raise WrongCode


def _accept_passkey(
    challenge: SecondFactorChallenge, *, response: Mapping[str, Any], now: datetime
) -> Method | None:
    if passkeys.accept(challenge.user_id, response=response, challenge=challenge.passkey_challenge, now=now):
        record_use(challenge.user_id, method=Method.PASSKEY)
        return Method.PASSKEY
    record_refusal(challenge.user_id)
    return None


def _open_challenge(token: str, *, now: datetime) -> tuple[SecondFactorChallenge, User]:
    """Return the open challenge and its user, both locked, the user first.

    Raises:
        InvalidChallenge: there is none.
    """
    user_id = _user_id_of(token, now=now)
    if user_id is None:
        raise InvalidChallenge
    user = lock_user_if_any(user_id)
    # Read after the lock, because another request may have used it meanwhile.
    challenge = _open_rows(token, now=now).select_for_update(of=("self",), no_key=True).first()
    if user is None or challenge is None:
        raise InvalidChallenge
    same_password = hmac.compare_digest(user.get_session_auth_hash(), challenge.password_key)
    if not user.is_active or not same_password:
        raise InvalidChallenge
    return challenge, user


def _user_id_of(token: str, *, now: datetime) -> int | None:
    return _open_rows(token, now=now).values_list("user", flat=True).first()


def _open_rows(token: str, *, now: datetime) -> QuerySet[SecondFactorChallenge]:
    return SecondFactorChallenge.objects.filter(
        token_hash=hash_of(token), used_at=None, expires_at__gt=now, attempts__lt=MOST_ATTEMPTS
    )


def passkey_options(challenge_token: str, *, now: datetime) -> dict[str, Any]:
    """Return what the browser needs to answer the challenge with a passkey.

    Raises:
        InvalidChallenge: the token is not that of an open challenge.
        PasskeysUnavailable: the package for passkeys isn't installed.
    """
    with transaction.atomic():
        challenge, _ = _open_challenge(challenge_token, now=now)
        options = passkeys.authentication_options(challenge.user_id)
        challenge.passkey_challenge = options["challenge"]
        challenge.save(update_fields=["passkey_challenge"])
    return options


def forget_challenges(*, now: datetime) -> int:
    """Delete expired challenges of logins and registrations of passkeys; return how many."""
    expired = (
        rows.filter(expires_at__lt=now)
        for rows in (SecondFactorChallenge.objects, PasskeyRegistration.objects)
    )
    return sum(rows.delete()[0] for rows in expired)
