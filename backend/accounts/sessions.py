"""Changes of login sessions; docs/decisions/sessions.md has their states and the order of locks."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from rest_framework_simplejwt.tokens import RefreshToken

from backend.accounts.devices import UNKNOWN_DEVICE, Device
from backend.accounts.errors import InvalidCredentials, InvalidToken, SessionEnded, SessionNotFound
from backend.accounts.known_devices import remember_device
from backend.accounts.locks import lock_user
from backend.accounts.models import Session, ShopperLink, User
from backend.accounts.security_events import publish_new_device
from backend.accounts.tokens import (
    TokenPair,
    new_token_id,
    session_id_of,
    token_id,
    tokens_of,
    verified_token,
)
from backend.api.consent import combined, may_track
from backend.audit.actors import GUEST, Actor
from backend.audit.services import record
from backend.outbox.services import publish
from backend.outbox.topics import Topic

RETRY_PERIOD = timedelta(seconds=10)
"""How long after a refresh the previous refresh token returns the same new pair."""


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A session's user and its tokens; `expires_in` is the access token's remaining lifetime in seconds.

    `device_token` is that of the device after a login; after a refresh it is empty.
    """

    session_id: UUID
    user: User
    access_token: str
    refresh_token: str
    expires_in: int
    device_token: str = field(default="", repr=False)


def begin_session(
    user: User,
    *,
    device: Device = UNKNOWN_DEVICE,
    anonymous_id: UUID | None = None,
    tracking_choice: bool | None = False,
    second_factor: str = "",
    now: datetime,
) -> LoggedIn:
    """Start a session of `user`, whose password was verified against `user.password`.

    `anonymous_id` is the id that the client used before, as a guest; `tracking_choice` is what the request
    says about tracking; `second_factor` is how the second factor was verified, if it was. The owner is
    notified if the device is new, except at the first login.

    Raises:
        InvalidCredentials: the password was changed since it was verified, or the account was deactivated.
    """
    session = Session(
        user=user,
        refresh_id=new_token_id(),
        issued_at=now,
        expires_at=now + min(settings.REFRESH_TOKEN_LIFETIME, settings.SESSION_LIFETIME),
        second_factor_at=now if second_factor else None,
        is_tracked=may_track(combined(tracking_choice, user.tracking_consent)),
    )
    _note_use(session, device=device, now=now)
    with transaction.atomic():
        unchanged = User.objects.filter(pk=user.pk, password=user.password, is_active=True)
        if not unchanged.update(last_login=now):
            raise InvalidCredentials
        session.save(force_insert=True)
        if session.is_tracked:
            publish(Topic.SESSION, str(session.pk))
        changes = {"second_factor": (None, second_factor)} if second_factor else {}
        record("accounts.session_started", by=Actor.user(user.pk), subject=session, changes=changes)
        if anonymous_id is not None and user.tracking_consent is not False:
            _link(anonymous_id, user=user, now=now)
        device_token = remember_device(user, device=device, now=now)
        is_first_login = user.last_login is None
        if device_token != device.token and not is_first_login:
            publish_new_device(user, device=device, now=now)
    return replace(_logged_in(session, now=now), device_token=device_token)


def _note_use(session: Session, *, device: Device, now: datetime) -> None:
    session.last_used_at = now
    session.user_agent, session.address = device.user_agent, device.address


def _link(anonymous_id: UUID, *, user: User, now: datetime) -> None:
    link, created = ShopperLink.objects.get_or_create(
        anonymous_id=anonymous_id, user=user, defaults={"linked_at": now}
    )
    if created:
        publish(Topic.SHOPPER_LINKED, link.pk)


def _logged_in(session: Session, *, now: datetime) -> LoggedIn:
    tokens: TokenPair = tokens_of(session)
    return LoggedIn(
        session_id=session.pk,
        user=session.user,
        access_token=tokens.access_token,
        refresh_token=tokens.refresh_token,
        expires_in=max(0, int((tokens.access_expires_at - now).total_seconds())),
    )


def renew(refresh_token: str, *, device: Device = UNKNOWN_DEVICE, now: datetime) -> LoggedIn:
    """Exchange the refresh token for a new pair of tokens.

    For some seconds after that, the same refresh token returns the same new pair.

    Raises:
        SessionEnded: the token is invalid, its session has ended, or the token was replaced earlier; in the
            last case, the session is ended.
    """
    try:
        token = verified_token(RefreshToken, refresh_token)
        session_id = session_id_of(token)
    except InvalidToken as error:
        raise SessionEnded from error
    with transaction.atomic():
        session = _locked(session_id, now=now)
        presented = token_id(token)
        if session is not None and presented == session.refresh_id:
            _rotate(session, device=device, now=now)
            return _logged_in(session, now=now)
        if session is not None and _is_retry(session, presented=presented, now=now):
            return _logged_in(session, now=now)
        if session is not None:
            session.ended_at = now
            session.save(update_fields=["ended_at"])
            record("accounts.refresh_reused", by=GUEST, subject=session)
    raise SessionEnded


def _locked(session_id: UUID, *, now: datetime) -> Session | None:
    rows = Session.objects.select_for_update(of=("self",), no_key=True).select_related("user")
    # `expires_at` alone would be enough if the previous release didn't renew beyond SESSION_LIFETIME.
    lasting = Q(expires_at__gt=now, created_at__gt=now - settings.SESSION_LIFETIME)
    return rows.filter(lasting, pk=session_id, ended_at=None, user__is_active=True).first()


def _rotate(session: Session, *, device: Device, now: datetime) -> None:
    session.previous_refresh_id, session.refresh_id = session.refresh_id, new_token_id()
    session.issued_at = now
    session.expires_at = min(
        now + settings.REFRESH_TOKEN_LIFETIME, session.created_at + settings.SESSION_LIFETIME
    )
    _note_use(session, device=device, now=now)
    session.save(
        update_fields=[
            "previous_refresh_id",
            "refresh_id",
            "issued_at",
            "expires_at",
            "last_used_at",
            "user_agent",
            "address",
        ]
    )


def _is_retry(session: Session, *, presented: str, now: datetime) -> bool:
    return (
        presented == session.previous_refresh_id
        and session.issued_at is not None
        and now < session.issued_at + RETRY_PERIOD
    )


def note_request(session_id: UUID, *, device: Device, now: datetime) -> None:
    """Store when and from where the session was used; a session with tokens stores it at each refresh."""
    Session.objects.filter(pk=session_id, ended_at=None).update(
        last_used_at=now, user_agent=device.user_agent, address=device.address
    )


def end_session(session_id: UUID, *, by: Actor, is_logout: bool = False, now: datetime) -> None:
    """End the session, which invalidates all of its tokens; do nothing if it has ended already.

    `is_logout` is whether the shopper logs out.
    """
    with transaction.atomic():
        open_session = Session.objects.filter(pk=session_id, ended_at=None)
        if open_session.update(ended_at=now, is_logged_out=is_logout):
            if is_logout:
                publish(Topic.SESSION, str(session_id))
            record("accounts.session_ended", by=by, subject=(Session._meta.label, str(session_id)))


def end_session_of(user_id: int, *, session_id: UUID, by: Actor, now: datetime) -> None:
    """End a session of the user.

    Raises:
        SessionNotFound: the user has no such active session.
    """
    if not Session.objects.active(now=now).filter(pk=session_id, user=user_id).exists():
        raise SessionNotFound(session_id=str(session_id))
    end_session(session_id, by=by, now=now)


def end_other_sessions(user_id: int, *, kept: UUID | None, by: Actor, now: datetime) -> int:
    """End the user's sessions except `kept`, if that is given; return how many."""
    with transaction.atomic():
        # A login locks the user too, so a concurrent one has committed its session or begins it afterwards.
        user = lock_user(user_id)
        others = Session.objects.active(now=now).filter(user=user)
        ended = (others if kept is None else others.exclude(pk=kept)).update(ended_at=now)
        if ended:
            record("accounts.sessions_ended", by=by, subject=user, changes={"sessions": (ended, 0)})
    return ended


def forget_expired_sessions(*, now: datetime) -> int:
    """Delete expired sessions, whether or not they were ended before; return how many."""
    deleted, _ = Session.objects.filter(expires_at__lt=now).delete()
    return deleted
