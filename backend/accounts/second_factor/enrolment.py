"""Changes of a user's second factors."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

import segno
from django.conf import settings
from django.db import transaction

from backend.accounts.guessing import AttemptKind, Counted, reset_attempts
from backend.accounts.locks import lock_user
from backend.accounts.models import SecurityEventKind, Session, User
from backend.accounts.passwords import confirmed_user
from backend.accounts.second_factor import recovery_codes, totp
from backend.accounts.second_factor.errors import (
    LastSecondFactor,
    NoSecondFactor,
    SecondFactorRequired,
    TotpAlreadyEnabled,
    TotpNotEnrolled,
    WrongCode,
)
from backend.accounts.second_factor.models import Passkey, RecoveryCode, TotpSecret
from backend.accounts.second_factor.services import (
    Method,
    accept_code,
    count_code,
    counted_by,
    is_required_of,
    methods_of,
)
from backend.accounts.security_events import publish_security_event
from backend.accounts.sessions import end_other_sessions
from backend.audit.actors import Actor
from backend.audit.services import record

TOTP_ENROLMENT_VALID_FOR = timedelta(minutes=15)
"""How long the secret of an authenticator app can be confirmed."""
RECENTLY = timedelta(minutes=5)
"""How long after it was verified in a session the second factor needs no other code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TotpEnrolment:
    """What an authenticator app needs: the secret in base 32, and an otpauth URI with its QR code."""

    secret: str
    otpauth_uri: str
    qr_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactorState:
    """A user's second factors."""

    methods: list[Method]
    recovery_codes_left: int
    is_required: bool


def state_of(user: User) -> SecondFactorState:
    """Return the user's second factors."""
    return SecondFactorState(
        methods=methods_of(user),
        recovery_codes_left=recovery_codes.codes_left(user.pk),
        is_required=is_required_of(user),
    )


def begin_totp(user_id: int, *, password: str, session_id: UUID, by: Actor, now: datetime) -> TotpEnrolment:
    """Return a new secret, which replaces one that was not confirmed.

    Raises:
        WrongPassword: `password` is not the account's.
        TooManyAttempts: too many passwords or codes were wrong.
        SecondFactorRequired: the account has passkeys, but the session was begun without one.
        TotpAlreadyEnabled: the account has an authenticator app.
    """
    with changing(user_id, password=password, session_id=session_id, now=now) as user:
        require_verified_session(user, session_id=session_id)
        if TotpSecret.objects.filter(user=user, confirmed_at__isnull=False).exists():
            raise TotpAlreadyEnabled
        TotpSecret.objects.filter(user=user).delete()
        row = totp.new_secret(user_id, now=now)
        row.save(force_insert=True)
        record("accounts.totp_enrolment_begun", by=by, subject=user)
    generator = totp.generator_of(row)
    if generator is None:
        raise TotpNotEnrolled
    issuer = settings.SHOP_NAME or urlsplit(settings.PUBLIC_URL).hostname or "Vitrine"
    uri = generator.provisioning_uri(name=user.phone or str(user.pk), issuer_name=issuer.replace(":", " "))
    return TotpEnrolment(
        secret=generator.secret, otpauth_uri=uri, qr_code=segno.make(uri, error="m").svg_data_uri(scale=4)
    )


@contextmanager
def changing(
    user_id: int, *, password: str, code: str | None = None, session_id: UUID, now: datetime
) -> Iterator[User]:
    """Check the password, and open a transaction that locks the user; count the attempt that `code` is.

    Raises:
        WrongPassword: the password is wrong, or was changed meanwhile.
        TooManyAttempts: too many passwords or codes were wrong; this one is not checked.
    """
    counted = [] if code is None else counted_by(user_id, code=code)
    with confirmed_user(user_id, password=password, session_id=session_id, counted=counted, now=now) as user:
        yield user


def require_verified_session(user: User, *, session_id: UUID) -> None:
    """Check that the second factor was verified in the session, unless the user has none yet.

    Otherwise a session from before it was set up could add another one with the password alone.

    Raises:
        SecondFactorRequired: it was not verified.
    """
    if not methods_of(user):
        return
    if not Session.objects.filter(pk=session_id, user=user, second_factor_at__isnull=False).exists():
        raise SecondFactorRequired


def is_verified(user_id: int, *, code: str | None, session_id: UUID, now: datetime) -> bool:
    """Return whether the code is right; without one, whether the session just verified the second factor.

    A passkey has no code, but a login with it verifies the session. The caller holds the lock of the user.
    """
    if code is not None:
        return accept_code(user_id, code=code, now=now) is not None
    recently = now - RECENTLY
    return Session.objects.filter(pk=session_id, user=user_id, second_factor_at__gt=recently).exists()


def confirm_totp(user_id: int, *, code: str, session_id: UUID, by: Actor, now: datetime) -> list[str]:
    """Enable the authenticator app with its first code; return recovery codes if there were none.

    The session counts as begun with a second factor from now on.

    Raises:
        TotpNotEnrolled: the enrolment was not begun, was confirmed before, or is too old.
        SecondFactorRequired: the account got a passkey meanwhile, with which the session was not begun.
        TooManyAttempts: too many codes were wrong; this one is not checked.
        WrongCode: the code is wrong.
    """
    count_code(user_id, code=code, now=now)
    with transaction.atomic():
        user = lock_user(user_id)
        require_verified_session(user, session_id=session_id)
        begun = TotpSecret.objects.select_for_update().filter(user=user_id, confirmed_at=None)
        row = begun.filter(created_at__gt=now - TOTP_ENROLMENT_VALID_FOR).first()
        if row is None:
            raise TotpNotEnrolled
        if not totp.accept(row, code=code.replace(" ", ""), now=now):
            raise WrongCode
        row.confirmed_at = now
        row.save(update_fields=["confirmed_at", "last_step"])
        reset_attempts([Counted(AttemptKind.SECOND_FACTOR, str(user_id))])
        return factor_added(user_id, method=Method.TOTP, session_id=session_id, by=by, now=now)


def forget_totp_enrolments(*, now: datetime) -> int:
    """Delete the secrets of authenticator apps that were not confirmed in time; return how many."""
    expired = TotpSecret.objects.filter(confirmed_at=None, created_at__lte=now - TOTP_ENROLMENT_VALID_FOR)
    return expired.delete()[0]


def factor_added(user_id: int, *, method: Method, session_id: UUID, by: Actor, now: datetime) -> list[str]:
    """Record a new factor of the user, who has just used it in the session; return recovery codes if new.

    The caller holds the lock of the user.
    """
    Session.objects.filter(pk=session_id, user=user_id).update(second_factor_at=now)
    subject = (User._meta.label, str(user_id))
    record("accounts.second_factor_added", by=by, subject=subject, changes={"method": (None, method.value)})
    kind = SecurityEventKind.SECOND_FACTOR_ADDED
    publish_security_event(user_id, kind=kind, detail=method.label, now=now)
    has_codes = RecoveryCode.objects.filter(user=user_id, used_at=None).exists()
    return [] if has_codes else recovery_codes.replace_codes(user_id, now=now)


def disable_totp(
    user_id: int, *, password: str, code: str, session_id: UUID, by: Actor, now: datetime
) -> None:
    """Remove the authenticator app.

    Raises:
        WrongPassword: `password` is not the account's.
        TooManyAttempts: too many passwords or codes were wrong.
        WrongCode: `code` is neither one of the app nor a recovery code.
        TotpNotEnrolled: there is no authenticator app.
        LastSecondFactor: it is the last factor of staff, who must have one.
    """
    with changing(user_id, password=password, code=code, session_id=session_id, now=now) as user:
        if not TotpSecret.objects.filter(user=user, confirmed_at__isnull=False).exists():
            raise TotpNotEnrolled
        require_another(user)
        accepted = accept_code(user_id, code=code, now=now) is not None
        if accepted:
            TotpSecret.objects.filter(user=user).delete()
            factor_removed(user, method=Method.TOTP, by=by, now=now)
    if not accepted:
        raise WrongCode


def require_another(user: User) -> None:
    """Check that the user may lose a factor.

    Raises:
        LastSecondFactor: it is the last factor of a user who must have one.
    """
    factors = TotpSecret.objects.filter(user=user, confirmed_at__isnull=False).count()
    factors += Passkey.objects.filter(user=user).count()
    if factors <= 1 and is_required_of(user):
        raise LastSecondFactor


def factor_removed(user: User, *, method: Method, by: Actor, now: datetime) -> None:
    """Record that a factor was removed; after the last one, delete the recovery codes too.

    The caller holds the lock of the user.
    """
    record("accounts.second_factor_removed", by=by, subject=user, changes={"method": (method.value, None)})
    kind = SecurityEventKind.SECOND_FACTOR_REMOVED
    publish_security_event(user.pk, kind=kind, detail=method.label, now=now)
    if not methods_of(user):
        RecoveryCode.objects.filter(user=user).delete()


def renew_recovery_codes(
    user_id: int, *, password: str, code: str | None = None, session_id: UUID, by: Actor, now: datetime
) -> list[str]:
    """Replace all recovery codes by new ones, which are returned.

    `code` may be left out if the second factor was just verified in the session, as by a passkey.

    Raises:
        WrongPassword: `password` is not the account's.
        TooManyAttempts: too many passwords or codes were wrong.
        WrongCode: `code` is wrong, or is left out without a reason.
        NoSecondFactor: the account has no second factor.
    """
    codes: list[str] = []
    with changing(user_id, password=password, code=code, session_id=session_id, now=now) as user:
        if not methods_of(user):
            raise NoSecondFactor
        if is_verified(user_id, code=code, session_id=session_id, now=now):
            codes = recovery_codes.replace_codes(user_id, now=now)
            record("accounts.recovery_codes_renewed", by=by, subject=user)
            publish_security_event(user_id, kind=SecurityEventKind.RECOVERY_CODES_RENEWED, now=now)
    if not codes:
        raise WrongCode
    return codes


def remove_all(user_id: int, *, by: Actor, now: datetime) -> list[Method]:
    """Remove all second factors and end all sessions, which may be on a lost device; return the factors.

    It is for a user who can use none of them any more.
    """
    with transaction.atomic():
        user = lock_user(user_id)
        methods = methods_of(user)
        for rows in (TotpSecret.objects, Passkey.objects, RecoveryCode.objects):
            rows.filter(user=user).delete()
        changes: dict[str, tuple[object, object]] = {"methods": ([method.value for method in methods], [])}
        record("accounts.second_factors_removed", by=by, subject=user, changes=changes)
        labels = ", ".join(method.label for method in methods)
        kind = SecurityEventKind.SECOND_FACTOR_REMOVED
        publish_security_event(user_id, kind=kind, detail=labels, now=now)
        end_other_sessions(user_id, kept=None, by=by, now=now)
    return methods
