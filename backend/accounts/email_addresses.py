"""Changes and verification of an account's e-mail address; docs/decisions/verified-email.md explains them."""

import hmac
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from backend.accounts.errors import EmailTaken, InvalidEmailCode, WrongPassword
from backend.accounts.guessing import AttemptKind, Counted, count_attempt, count_attempts
from backend.accounts.locks import lock_user
from backend.accounts.models import EmailVerification, SecurityEventKind, User
from backend.accounts.one_time_passwords import digits_of
from backend.accounts.passwords import confirm_password
from backend.accounts.security_events import publish_security_event
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
    verified; it is removed at once if `email` is empty.

    Raises:
        TooManyAttempts: too many codes were requested by this user, or for this address.
    """
    email = normalised(email)
    if email:
        counted = [Counted(AttemptKind.EMAIL_REQUEST, f"user {user_id}")]
        count_attempts([*counted, Counted(AttemptKind.EMAIL_REQUEST, email.lower())], now=now)
    with transaction.atomic():
        user = lock_user(user_id)
        if email != user.email and not (user.email_verified and email):
            _replace(user, email=email, verified_at=None, by=by, now=now)
        EmailVerification.objects.filter(user=user, used_at=None).update(expires_at=now)
        if email and not (email == user.email and user.email_verified):
            row = EmailVerification.objects.create(
                user=user,
                email=email,
                nonce=secrets.token_hex(32),
                created_at=now,
                expires_at=now + VALID_FOR,
            )
            publish(Topic.EMAIL_VERIFICATION, row.pk)
    return user


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
    before = User.objects.get(pk=user_id)
    confirm_password(before, password=password, session_id=session_id, now=now)
    count_attempt(AttemptKind.EMAIL_CODE, str(user_id), now=now)
    try:
        with transaction.atomic():
            user = lock_user(user_id)
            if user.password != before.password:
                raise WrongPassword
            row = EmailVerification.objects.filter(user=user).order_by("-pk").first()
            is_right = row is not None and _try(row, code=code, now=now)
            if row is not None and is_right:
                _replace(user, email=row.email, verified_at=now, by=by, now=now)
    except IntegrityError as error:
        raise EmailTaken from error
    if not is_right:
        raise InvalidEmailCode
    return user


def _try(row: EmailVerification, *, code: str, now: datetime) -> bool:
    is_open = row.used_at is None and row.expires_at > now and row.attempts < MOST_ATTEMPTS
    is_right = hmac.compare_digest(code_of(row).encode(), code.encode()) and is_open
    row.attempts = min(row.attempts + 1, MOST_ATTEMPTS)
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
