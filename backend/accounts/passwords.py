"""Changes of passwords."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from backend.accounts.devices import UNKNOWN_DEVICE
from backend.accounts.errors import InvalidResetToken, WrongPassword
from backend.accounts.guessing import AttemptKind, Counted, count_attempts, reset_attempts
from backend.accounts.known_devices import forget_devices_of, remember_device
from backend.accounts.locks import lock_user, lock_user_if_any
from backend.accounts.login_attempts import phone_count
from backend.accounts.models import OneTimePassword, SecurityEventKind, User
from backend.accounts.one_time_passwords import invalidate_codes, verified_row
from backend.accounts.phones import phone_of
from backend.accounts.security_events import publish_security_event
from backend.accounts.sessions import end_other_sessions
from backend.api.errors import InvalidInput
from backend.audit.actors import GUEST, Actor
from backend.audit.services import record


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """The password that confirms a change, and the login session that sent it."""

    password: str
    session_id: UUID


def require_acceptable(password: str, *, user: User) -> None:
    """Check a new password of `user` against the rules.

    Raises:
        InvalidInput: the password breaks a rule; the details have a message for each.
    """
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidInput(password=error.messages) from error


def confirm_password(user: User, *, password: str, session_id: UUID, now: datetime) -> None:
    """Check the password of a logged-in user, before a change that a stolen access token must not make.

    Attempts are counted by session, so that an attacker doesn't use up those of the user's other sessions.

    Raises:
        WrongPassword: it is wrong.
        TooManyAttempts: too many were wrong in this session; this one is not checked.
    """
    counted = Counted(AttemptKind.PASSWORD, str(session_id))
    count_attempts([counted], now=now)
    if not check_password(password, user.password):
        raise WrongPassword
    reset_attempts([counted])


@contextmanager
def confirmed_user(
    user_id: int, *, password: str, session_id: UUID, counted: Sequence[Counted] = (), now: datetime
) -> Iterator[User]:
    """Check the password, count an attempt by `counted`, and open a transaction that locks the user.

    Raises:
        WrongPassword: the password is wrong, or was changed meanwhile.
        TooManyAttempts: too many passwords were wrong, or one of `counted` is paused.
    """
    before = User.objects.get(pk=user_id)
    confirm_password(before, password=password, session_id=session_id, now=now)
    count_attempts(counted, now=now)
    with transaction.atomic():
        user = lock_user(user_id)
        if user.password != before.password:
            raise WrongPassword
        yield user


def change_password(
    user_id: int, *, current_password: str, password: str, kept: UUID, by: Actor, now: datetime
) -> int:
    """Set a new password and end the user's sessions except `kept`; return how many were ended.

    Raises:
        WrongPassword: `current_password` is wrong, or the password was changed meanwhile.
        TooManyAttempts: too many were wrong.
        InvalidInput: `password` breaks a rule.
    """
    user = User.objects.get(pk=user_id)
    confirm_password(user, password=current_password, session_id=kept, now=now)
    require_acceptable(password, user=user)
    # Hashed before the transaction, because it takes long.
    new_hash = make_password(password)
    with transaction.atomic():
        unchanged = User.objects.filter(pk=user_id, password=user.password)
        if not unchanged.update(password=new_hash):
            raise WrongPassword
        return _password_changed(user, kept=kept, by=by, now=now)


def set_password(user_id: int, *, password: str, by: Actor, now: datetime) -> int:
    """Set a new password without the present one, and end all sessions; return how many were ended.

    Raises:
        InvalidInput: `password` breaks a rule.
    """
    require_acceptable(password, user=User.objects.get(pk=user_id))
    new_hash = make_password(password)
    with transaction.atomic():
        user = lock_user(user_id)
        user.password = new_hash
        user.save(update_fields=["password"])
        return _password_changed(user, kept=None, by=by, now=now)


def _password_changed(user: User, *, kept: UUID | None, by: Actor, now: datetime) -> int:
    invalidate_codes(user.pk, now=now)
    record("accounts.password_changed", by=by, subject=user)
    publish_security_event(user.pk, kind=SecurityEventKind.PASSWORD_CHANGED, now=now)
    return end_other_sessions(user.pk, kept=kept, by=by, now=now)


def reset_password(*, phone: str, password: str, reset_token: str, now: datetime) -> str:
    """Set a new password, end all sessions of the account, and return a new token for the device.

    The device becomes known, and the phone's count of wrong passwords is reset, so that the owner can log in
    while its password is being guessed.

    Raises:
        InvalidInput: `phone` is not a phone number, or `password` breaks a rule; the token stays valid.
        InvalidResetToken: the token isn't valid for the phone.
    """
    row = verified_row(phone, reset_token=reset_token, now=now)
    if row is None or row.user is None:
        raise InvalidResetToken
    user = row.user
    require_acceptable(password, user=user)
    new_hash = make_password(password)
    with transaction.atomic():
        if lock_user_if_any(user.pk) is None:
            raise InvalidResetToken
        unused = OneTimePassword.objects.filter(pk=row.pk, reset_token_hash=row.reset_token_hash)
        if not unused.update(reset_at=now):
            raise InvalidResetToken
        invalidate_codes(user.pk, now=now)
        User.objects.filter(pk=user.pk).update(password=new_hash)
        record("accounts.password_reset", by=GUEST, subject=user)
        publish_security_event(user.pk, kind=SecurityEventKind.PASSWORD_RESET, now=now)
        end_other_sessions(user.pk, kept=None, by=GUEST, now=now)
        forget_devices_of(user.pk)
        reset_attempts([phone_count(phone_of(phone))])
        return remember_device(user, device=UNKNOWN_DEVICE, now=now)
