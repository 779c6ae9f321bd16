"""The login of a browser: Django's session refers to a login session of the account.

docs/decisions/admin.md has the states.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest

from backend.accounts import sessions
from backend.accounts.devices import device_of
from backend.accounts.models import Session
from backend.accounts.selectors import active_session
from backend.audit.actors import Actor

LOGIN = "login"
SEEN = "seen_at"
NOTED_EVERY = timedelta(minutes=1)
"""How often the time of the last request is written."""


def login_session_of(request: HttpRequest) -> Session | None:
    """Return the browser's login session."""
    session: Session | None = getattr(request, "login_session", None)
    return session


def has_second_factor(session: Session) -> bool:
    """Return whether the second factor was verified in the session, which the admin always requires."""
    return session.second_factor_at is not None


def remember(request: HttpRequest, *, session_id: UUID, now: datetime) -> None:
    """Log the browser in with the session, in place of whatever it had before."""
    # Flushed, so that a session key from before the login doesn't authenticate after it.
    request.session.flush()
    request.session[LOGIN] = str(session_id)
    request.session[SEEN] = now.timestamp()


def current_login(request: HttpRequest, *, now: datetime) -> Session | None:
    """Return the browser's login session with its user; None if it has ended, or was idle for too long."""
    stored, seen = request.session.get(LOGIN), request.session.get(SEEN)
    if stored is None or seen is None:
        return None
    session = active_session(UUID(stored), now=now)
    if session is None:
        request.session.flush()
        return None
    idle = now.timestamp() - seen
    if idle > settings.ADMIN_IDLE.total_seconds() or now >= session.created_at + settings.ADMIN_LIFETIME:
        forget(request, session=session, now=now)
        return None
    if idle > NOTED_EVERY.total_seconds():
        request.session[SEEN] = now.timestamp()
        sessions.note_request(session.pk, device=device_of(request), now=now)
    return session


def forget(request: HttpRequest, *, session: Session, now: datetime) -> None:
    """End the login session, and delete Django's."""
    sessions.end_session(session.pk, by=Actor.user(session.user_id), now=now)
    request.session.flush()
