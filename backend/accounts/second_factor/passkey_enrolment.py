"""Changes of a user's passkeys."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from backend.accounts.locks import lock_user
from backend.accounts.second_factor import passkeys
from backend.accounts.second_factor.enrolment import (
    changing,
    factor_added,
    factor_removed,
    is_verified,
    require_another,
    require_verified_session,
)
from backend.accounts.second_factor.errors import (
    PasskeyNotFound,
    PasskeyRefused,
    PasskeyRegistered,
    TooManyPasskeys,
    WrongCode,
)
from backend.accounts.second_factor.models import Passkey, PasskeyRegistration
from backend.accounts.second_factor.services import Method
from backend.audit.actors import Actor
from backend.audit.services import record

MOST_PASSKEYS = 20


def passkeys_of(user_id: int) -> QuerySet[Passkey]:
    """Return the user's passkeys, the oldest first."""
    return Passkey.objects.filter(user=user_id).order_by("pk")


def begin_passkey(user_id: int, *, password: str, session_id: UUID, now: datetime) -> dict[str, Any]:
    """Return what the browser needs to create a passkey.

    Raises:
        WrongPassword: `password` is not the account's.
        TooManyAttempts: too many passwords or codes were wrong.
        SecondFactorRequired: the account has a second factor, but the session was begun without it.
        TooManyPasskeys: the account has MOST_PASSKEYS.
        PasskeysUnavailable: the package for passkeys isn't installed.
    """
    with changing(user_id, password=password, session_id=session_id, now=now) as user:
        require_verified_session(user, session_id=session_id)
        if passkeys_of(user_id).count() >= MOST_PASSKEYS:
            raise TooManyPasskeys(most=MOST_PASSKEYS)
        options = passkeys.registration_options(user)
        PasskeyRegistration.objects.update_or_create(
            user=user, defaults={"challenge": options["challenge"], "expires_at": now + passkeys.TIMEOUT}
        )
    return options


def add_passkey(
    user_id: int, *, name: str, credential: Mapping[str, Any], session_id: UUID, by: Actor, now: datetime
) -> tuple[Passkey, list[str]]:
    """Add the passkey that the browser created; return it with recovery codes, if there were none.

    The options can be used once, whether or not the passkey is accepted.

    Raises:
        PasskeyRefused: the credential doesn't belong to the options, or these are too old or were used.
        PasskeyRegistered: an account has the passkey already.
        SecondFactorRequired: the account got a second factor meanwhile, with which the session was not begun.
        TooManyPasskeys: the account has MOST_PASSKEYS.
        PasskeysUnavailable: the package for passkeys isn't installed.
    """
    passkey = passkeys.verified_registration(
        user_id, response=credential, challenge=_used_registration(user_id, now=now)
    )
    passkey.name, passkey.created_at = name, now
    try:
        with transaction.atomic():
            require_verified_session(lock_user(user_id), session_id=session_id)
            if passkeys_of(user_id).count() >= MOST_PASSKEYS:
                raise TooManyPasskeys(most=MOST_PASSKEYS)
            passkey.save(force_insert=True)
            codes = factor_added(user_id, method=Method.PASSKEY, session_id=session_id, by=by, now=now)
    except IntegrityError as error:
        raise PasskeyRegistered from error
    return passkey, codes


def _used_registration(user_id: int, *, now: datetime) -> str:
    """Return the challenge of the registration that was begun, and delete it.

    Raises:
        PasskeyRefused: none was begun, or it is too old.
    """
    with transaction.atomic():
        row = PasskeyRegistration.objects.select_for_update().filter(user=user_id).first()
        if row is not None:
            row.delete()
    if row is None or row.expires_at <= now:
        raise PasskeyRefused
    return row.challenge


def rename_passkey(user_id: int, *, passkey_id: int, name: str, by: Actor) -> Passkey:
    """Rename a passkey of the user and return it.

    Raises:
        PasskeyNotFound: the user has no such passkey.
    """
    with transaction.atomic():
        passkey = _own(user_id, passkey_id=passkey_id)
        names, passkey.name = (passkey.name, name), name
        passkey.save(update_fields=["name"])
        record("accounts.passkey_renamed", by=by, subject=passkey, personal={"name": names}, owner_id=user_id)
    return passkey


def _own(user_id: int, *, passkey_id: int) -> Passkey:
    """Return the user's passkey, with the user locked.

    Raises:
        PasskeyNotFound: the user has no such passkey.
    """
    lock_user(user_id)
    passkey = Passkey.objects.filter(user=user_id, pk=passkey_id).first()
    if passkey is None:
        raise PasskeyNotFound(passkey_id=passkey_id)
    return passkey


def delete_passkey(
    user_id: int,
    *,
    passkey_id: int,
    password: str,
    code: str | None = None,
    session_id: UUID,
    by: Actor,
    now: datetime,
) -> None:
    """Delete a passkey of the user.

    `code` may be left out if the second factor was just verified in the session, as by a passkey.

    Raises:
        WrongPassword: `password` is not the account's.
        TooManyAttempts: too many passwords or codes were wrong.
        WrongCode: `code` is wrong, or is left out without a reason.
        PasskeyNotFound: the user has no such passkey.
        LastSecondFactor: it is the last factor of staff, who must have one.
    """
    with changing(user_id, password=password, code=code, session_id=session_id, now=now) as user:
        passkey = _own(user_id, passkey_id=passkey_id)
        require_another(user)
        accepted = is_verified(user_id, code=code, session_id=session_id, now=now)
        if accepted:
            passkey.delete()
            factor_removed(user, method=Method.PASSKEY, by=by, now=now)
    if not accepted:
        raise WrongCode
