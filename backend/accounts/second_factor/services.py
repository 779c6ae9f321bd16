"""Verification of a second factor; enrolment is in `enrolment`, logins in `challenges`."""

from datetime import datetime
from enum import StrEnum

from django.conf import settings
from django.db.models import Exists, OuterRef

from backend.accounts.guessing import AttemptKind, Counted, count_attempts, reset_attempts
from backend.accounts.models import User
from backend.accounts.second_factor import recovery_codes, totp
from backend.accounts.second_factor.models import Passkey, RecoveryCode, TotpSecret
from backend.audit.actors import Actor
from backend.audit.services import record


class Method(StrEnum):
    """The ways to verify a second factor, in the order in which clients should offer them."""

    TOTP = "totp"
    PASSKEY = "passkey"
    RECOVERY_CODE = "recovery_code"

    @property
    def label(self) -> str:
        """The name that users see."""
        return {"totp": "authenticator app", "passkey": "passkey", "recovery_code": "recovery codes"}[self]


def methods_of(user: User) -> list[Method]:
    """Return the user's methods; none if the user has no second factor.

    Recovery codes replace a second factor, but are none.
    """
    own = {"user": OuterRef("pk")}
    totp_enabled, passkey, code = User.objects.values_list(
        Exists(TotpSecret.objects.filter(**own, confirmed_at__isnull=False)),
        Exists(Passkey.objects.filter(**own)),
        Exists(RecoveryCode.objects.filter(**own, used_at=None)),
    ).get(pk=user.pk)
    found = {
        Method.TOTP: totp_enabled,
        Method.PASSKEY: passkey,
        Method.RECOVERY_CODE: code and (totp_enabled or passkey),
    }
    return [method for method, has in found.items() if has]


def is_required_of(user: User) -> bool:
    """Return whether the user must have a second factor."""
    return (user.is_staff or user.is_admin) and settings.STAFF_SECOND_FACTOR == "required"


def count_code(user_id: int, *, code: str, now: datetime) -> None:
    """Count an attempt at a code of the authenticator app, before it is checked.

    Recovery codes and passkeys can't be guessed, so they are accepted while codes are being guessed.

    Raises:
        TooManyAttempts: too many were wrong.
    """
    count_attempts(counted_by(user_id, code=code), now=now)


def counted_by(user_id: int, *, code: str) -> list[Counted]:
    """Return what an attempt at the code is counted by; nothing if it has the form of a recovery code."""
    if len(_written(code)) == recovery_codes.LENGTH:
        return []
    return [Counted(AttemptKind.SECOND_FACTOR, str(user_id))]


def _written(code: str) -> str:
    """Return the code without the spaces and hyphens that make it readable."""
    return code.replace(" ", "").replace("-", "")


def accept_code(user_id: int, *, code: str, now: datetime) -> Method | None:
    """Return the method that the code verifies, which uses it up; None if it is refused. Both are recorded.

    The caller has counted the attempt, and holds the lock of the user, so that a code that is sent in
    parallel is accepted once.
    """
    method = _accepting_method(user_id, code=_written(code), now=now)
    if method is None:
        record_refusal(user_id)
    else:
        record_use(user_id, method=method)
    return method


def _accepting_method(user_id: int, *, code: str, now: datetime) -> Method | None:
    if len(code) == recovery_codes.LENGTH:
        return Method.RECOVERY_CODE if recovery_codes.use_code(user_id, code=code, now=now) else None
    secret = TotpSecret.objects.select_for_update().filter(user=user_id, confirmed_at__isnull=False).first()
    if secret is None or not totp.accept(secret, code=code, now=now):
        return None
    secret.save(update_fields=["last_step"])
    reset_attempts([Counted(AttemptKind.SECOND_FACTOR, str(user_id))])
    return Method.TOTP


def record_use(user_id: int, *, method: Method) -> None:
    """Record that the user verified the second factor."""
    _record("accounts.second_factor_verified", user_id=user_id, method=method)


def record_refusal(user_id: int) -> None:
    """Record that the second factor of the user was refused."""
    _record("accounts.second_factor_refused", user_id=user_id)


def _record(action: str, *, user_id: int, method: Method | None = None) -> None:
    changes = {} if method is None else {"method": (None, method.value)}
    record(action, by=Actor.user(user_id), subject=(User._meta.label, str(user_id)), changes=changes)
