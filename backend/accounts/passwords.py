"""Changes of passwords."""

from datetime import datetime
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from backend.accounts.errors import InvalidResetToken, WrongPassword
from backend.accounts.models import OneTimePassword, User
from backend.accounts.one_time_passwords import verified_row
from backend.accounts.sessions import end_other_sessions
from backend.api.errors import InvalidInput
from backend.audit.actors import GUEST, Actor
from backend.audit.services import record


def require_acceptable(password: str, *, user: User) -> None:
    """Check a new password of `user` against the rules.

    Raises:
        InvalidInput: the password breaks a rule; the details have a message for each.
    """
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidInput(password=error.messages) from error


def change_password(
    user_id: int, *, current_password: str, password: str, kept: UUID, by: Actor, now: datetime
) -> int:
    """Set a new password and end the user's sessions except `kept`; return how many were ended.

    Raises:
        WrongPassword: `current_password` is wrong, or the password was changed meanwhile.
        InvalidInput: `password` breaks a rule.
    """
    user = User.objects.get(pk=user_id)
    if not check_password(current_password, user.password):
        raise WrongPassword
    require_acceptable(password, user=user)
    # Hashed before the transaction, because it takes long.
    new_hash = make_password(password)
    with transaction.atomic():
        unchanged = User.objects.filter(pk=user_id, password=user.password)
        if not unchanged.update(password=new_hash):
            raise WrongPassword
        record("accounts.password_changed", by=by, subject=user)
        return end_other_sessions(user_id, kept=kept, by=by, now=now)


def reset_password(*, phone: str, password: str, reset_token: str, now: datetime) -> None:
    """Set a new password and end all sessions of the account.

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
        if not OneTimePassword.objects.filter(pk=row.pk, reset_at=None).update(reset_at=now):
            raise InvalidResetToken
        User.objects.filter(pk=user.pk).update(password=new_hash)
        record("accounts.password_reset", by=GUEST, subject=user)
        end_other_sessions(user.pk, kept=None, by=GUEST, now=now)
