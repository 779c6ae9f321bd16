"""Registration, login, and renewing and ending sessions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from rest_framework_simplejwt.tokens import RefreshToken

from backend.accounts.errors import InvalidCredentials, InvalidPhone, InvalidToken, PhoneTaken, SessionEnded
from backend.accounts.models import Session, ShopperLink, User, UserType
from backend.accounts.phones import normalise_phone
from backend.accounts.tokens import access_token_of, refresh_token_of, session_id_of, token_id, verified_token
from backend.api.errors import InvalidInput
from backend.audit.actors import GUEST, Actor
from backend.audit.services import record
from backend.outbox.services import publish
from backend.outbox.topics import Topic

DEMO_PASSWORD = "vitrine-demo"  # noqa: S105 - public by design, and refused in production
SELF_SERVICE_ROLES = (UserType.CUSTOMER, UserType.SELLER)


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A session's user and its new pair of tokens."""

    user: User
    access_token: str
    refresh_token: str


def register(
    *,
    phone: str,
    password: str,
    first_name: str = "",
    last_name: str = "",
    date_of_birth: date | None = None,
    user_type: str = UserType.CUSTOMER,
    by: Actor,
) -> User:
    """Create a customer or a seller.

    Raises:
        InvalidInput: the phone is invalid, the password is too weak, or `user_type` can't be chosen.
        PhoneTaken: another account has the phone.
    """
    if user_type not in SELF_SERVICE_ROLES:
        raise InvalidInput(user_type=[f"Choose one of: {', '.join(SELF_SERVICE_ROLES)}."])
    user = User(
        phone=_phone(phone),
        first_name=first_name,
        last_name=last_name,
        date_of_birth=date_of_birth,
        user_type=user_type,
    )
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidInput(password=error.messages) from error
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save()
            record("accounts.registered", by=by, subject=user, changes={"user_type": (None, user.user_type)})
    except IntegrityError as error:
        raise PhoneTaken(phone=user.phone) from error
    return user


def update_profile(user_id: int, *, changes: Mapping[str, Any], by: Actor) -> User:
    """Change the fields of the account and return it."""
    if "email" in changes:
        local, at, domain = changes["email"].rpartition("@")
        changes = {**changes, "email": f"{local}{at}{domain.lower()}"}
    with transaction.atomic():
        user = User.objects.select_for_update(of=("self",)).get(pk=user_id)
        changed = [name for name, value in changes.items() if getattr(user, name) != value]
        if changed:
            for name in changed:
                setattr(user, name, changes[name])
            user.save(update_fields=changed)
            # The values are personal data, which must not be stored in the log.
            record(
                "accounts.profile_changed", by=by, subject=user, changes={"fields": (None, sorted(changed))}
            )
    return user


def _phone(raw: str) -> str:
    try:
        return normalise_phone(raw, region=settings.DEFAULT_PHONE_REGION)
    except InvalidPhone as error:
        raise InvalidInput(phone=[str(error)]) from error


def log_in(*, phone: str, password: str, now: datetime, anonymous_id: UUID | None = None) -> LoggedIn:
    """Start a session; `anonymous_id` is the id that the client used before, as a guest.

    Raises:
        InvalidCredentials: there is no such account, it is inactive, or the password is wrong.
    """
    if settings.ENVIRONMENT == "production" and password == DEMO_PASSWORD:
        raise InvalidCredentials("The password of the demo shop is not accepted here.")
    try:
        user = User.objects.filter(phone=_phone(phone)).first()
    except InvalidInput as error:
        raise InvalidCredentials from error
    if user is None:
        # Hashing takes as long as checking a password, so timing doesn't reveal which phones have accounts.
        make_password(password)
        raise InvalidCredentials
    if not user.check_password(password) or not user.is_active:
        raise InvalidCredentials
    return _begin_session(user, now=now, anonymous_id=anonymous_id)


def _begin_session(user: User, *, now: datetime, anonymous_id: UUID | None) -> LoggedIn:
    session = Session(user=user, expires_at=now + settings.REFRESH_TOKEN_LIFETIME)
    refresh = refresh_token_of(session)
    session.refresh_id = token_id(refresh)
    with transaction.atomic():
        session.save(force_insert=True)
        User.objects.filter(pk=user.pk).update(last_login=now)
        record("accounts.session_started", by=Actor.user(user.pk), subject=session)
        if anonymous_id is not None:
            _link(anonymous_id, user=user, now=now)
    return LoggedIn(user=user, access_token=str(access_token_of(session)), refresh_token=str(refresh))


def _link(anonymous_id: UUID, *, user: User, now: datetime) -> None:
    link, created = ShopperLink.objects.get_or_create(
        anonymous_id=anonymous_id, user=user, defaults={"linked_at": now}
    )
    if created:
        publish(Topic.SHOPPER_LINKED, link.pk)


def renew(refresh_token: str, *, now: datetime) -> LoggedIn:
    """Exchange the refresh token for a new pair of tokens.

    Raises:
        SessionEnded: the token is invalid or was used before; reuse ends the session.
    """
    try:
        token = verified_token(RefreshToken, refresh_token)
        session_id = session_id_of(token)
    except InvalidToken as error:
        raise SessionEnded from error
    with transaction.atomic():
        session = (
            Session.objects.select_for_update(of=("self",))
            .select_related("user")
            .filter(pk=session_id, ended_at=None, user__is_active=True)
            .first()
        )
        if session is not None and session.refresh_id == token_id(token):
            fresh = refresh_token_of(session)
            session.refresh_id = token_id(fresh)
            session.expires_at = now + settings.REFRESH_TOKEN_LIFETIME
            session.save(update_fields=["refresh_id", "expires_at"])
            return LoggedIn(session.user, str(access_token_of(session)), str(fresh))
        if session is not None:
            session.ended_at = now
            session.save(update_fields=["ended_at"])
            record("accounts.refresh_reused", by=GUEST, subject=session)
    raise SessionEnded


def end_session(session_id: UUID, *, by: Actor, now: datetime) -> None:
    """End the session, which invalidates all of its tokens."""
    with transaction.atomic():
        if Session.objects.filter(pk=session_id, ended_at=None).update(ended_at=now):
            record("accounts.session_ended", by=by, subject=(Session._meta.label, str(session_id)))


def forget_expired_sessions(*, now: datetime) -> int:
    """Delete sessions that can no longer be renewed; return how many."""
    deleted, _ = Session.objects.filter(expires_at__lt=now).delete()
    return deleted
