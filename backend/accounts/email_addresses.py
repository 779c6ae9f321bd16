"""Changes and verification of an account's e-mail address; docs/decisions/verified-email.md explains them."""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from backend.accounts.errors import EmailTaken, InvalidEmailCode
from backend.accounts.guessing import AttemptKind, Counted, count_attempts
from backend.accounts.locks import lock_user
from backend.accounts.models import EmailVerification, SecurityEventKind, User
from backend.accounts.passwords import Confirmation, confirmed_user
from backend.accounts.security_events import publish_security_event
from backend.accounts.sent_codes import attempt_code, digits_of
from backend.api.errors import InvalidInput
from backend.audit.actors import Actor
from backend.audit.services import record
from backend.outbox.services import publish
from backend.outbox.topics import Topic

VALID_FOR = timedelta(minutes=30)
KEPT_FOR = timedelta(days=30)
MOST_ATTEMPTS = 5
# The salt of a keyed hash; changing it invalidates the codes that were sent.
_CODE_SALT = "backend.accounts.email_verification.code"


def change_email(user_id: int, *, email: str, by: Actor, now: datetime) -> User:
    """Send a code to the address, and return the user.

    An address that isn't verified is replaced at once. A verified one is replaced when the new one is
    verified.

    Raises:
        TooManyAttempts: too many codes were requested by this user, or for this address.
    """
    email = normalised(email)
    counted = [Counted(AttemptKind.EMAIL_REQUEST, f"user {user_id}")]
    count_attempts([*counted, Counted(AttemptKind.EMAIL_REQUEST, email.lower())], now=now)
    with transaction.atomic():
        user = lock_user(user_id)
        if email != user.email and not user.email_verified:
            _replace(user, email=email, verified_at=None, by=by, now=now)
        _invalidate_codes(user, now=now)
        if not (email == user.email and user.email_verified):
            row = EmailVerification.objects.create(
                user=user,
                email=email,
                nonce=secrets.token_hex(32),
                created_at=now,
                expires_at=now + VALID_FOR,
            )
            publish(Topic.EMAIL_VERIFICATION, row.pk)
    return user


def remove_email(user_id: int, *, confirmation: Confirmation | None, by: Actor, now: datetime) -> User:
    """Remove the address, and return the user; a verified one needs the password.

    Otherwise somebody with a stolen session could cut the owner off from codes and notices.

    Raises:
        InvalidInput: the address is verified, and `confirmation` is None.
        WrongPassword: the address is verified, and the password is not the account's.
        TooManyAttempts: too many passwords were wrong in this session.
    """
    with transaction.atomic():
        user = lock_user(user_id)
        if not user.email_verified:
            return _remove(user, by=by, now=now)
    if confirmation is None:
        raise InvalidInput(password=["It is needed to remove a verified e-mail address."])
    with confirmed_user(
        user_id, password=confirmation.password, session_id=confirmation.session_id, now=now
    ) as user:
        return _remove(user, by=by, now=now)


def _remove(user: User, *, by: Actor, now: datetime) -> User:
    if user.email:
        _replace(user, email="", verified_at=None, by=by, now=now)
    _invalidate_codes(user, now=now)
    return user


def _invalidate_codes(user: User, *, now: datetime) -> None:
    EmailVerification.objects.filter(user=user, used_at=None).update(expires_at=now)


def normalised(email: str) -> str:
    """Return the address with its domain in lower case."""
    local, at, domain = email.rpartition("@")
    return f"{local}{at}{domain.lower()}"


def code_of(row: EmailVerification) -> str:
    """Return the digits that were sent to the address."""
    return digits_of(row.nonce, salt=_CODE_SALT)


def verify_email(
    user_id: int, *, code: str, password: str, session_id: UUID, by: Actor, now: datetime
) -> User:
    """Make the address that the newest code was sent to the verified address of the account.

    It needs the password, because codes for a forgotten password may be sent to a verified address.

    Raises:
        WrongPassword: `password` is not the account's, or was changed meanwhile.
        InvalidEmailCode: the code is wrong, too old, used, replaced by a newer one, or was tried too often.
        TooManyAttempts: too many passwords were wrong in this session, or the user has tried too many codes.
        EmailTaken: the address is the verified address of another account.
    """
    counted = [Counted(AttemptKind.EMAIL_CODE, str(user_id))]
    try:
        with confirmed_user(
            user_id, password=password, session_id=session_id, counted=counted, now=now
        ) as user:
            row = EmailVerification.objects.filter(user=user).order_by("-pk").first()
            is_right = row is not None and _use(row, code=code, now=now)
            if row is not None and is_right:
                _replace(user, email=row.email, verified_at=now, by=by, now=now)
    except IntegrityError as error:
        raise EmailTaken from error
    if not is_right:
        raise InvalidEmailCode
    return user


def _use(row: EmailVerification, *, code: str, now: datetime) -> bool:
    """Count an attempt; return whether the code was right, which uses it up."""
    is_right = attempt_code(row, sent=code_of(row), code=code, most=MOST_ATTEMPTS, now=now)
    row.used_at = now if is_right else row.used_at
    row.save(update_fields=["attempts", "used_at"])
    return is_right


def _replace(user: User, *, email: str, verified_at: datetime | None, by: Actor, now: datetime) -> None:
    if user.email_verified and user.email != email:
        publish_security_event(user.pk, kind=SecurityEventKind.EMAIL_CHANGED, now=now)
    before, is_verified = user.email_verified, verified_at is not None
    changes = {"email_verified": (before, is_verified)} if before != is_verified else None
    personal = {"email": (user.email, email)} if user.email != email else None
    record("accounts.email_changed", by=by, subject=user, changes=changes, personal=personal)
    user.email, user.email_verified_at = email, verified_at
    user.save(update_fields=["email", "email_verified_at"])


def forget_email_verifications(*, now: datetime) -> int:
    """Delete codes that are older than KEPT_FOR; return how many."""
    return EmailVerification.objects.filter(created_at__lt=now - KEPT_FOR).delete()[0]
