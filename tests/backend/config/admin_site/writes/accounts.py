"""Writes of accounts and login sessions."""

from pathlib import Path

from django.utils import timezone

from backend.accounts.models import Session, User
from backend.accounts.sessions import begin_session
from tests.backend.config.admin_site.writes.write import Write, values
from tests.backend.shop import customer


def _with_session(_: Path) -> User:
    user = customer()
    begin_session(user, now=timezone.now())
    return user


def _session(folder: Path) -> Session:
    return Session.objects.get(user=_with_session(folder))


def _open_sessions(user: User) -> int:
    return Session.objects.filter(user=user, ended_at=None).count()


ACCOUNTS = (
    Write(
        model=User,
        name="deactivate",
        arrange=lambda _: customer(),
        state=lambda user: user.is_active,
        expected=False,
        audit="accounts.deactivated",
    ),
    Write(
        model=User,
        name="activate",
        arrange=lambda _: customer(is_active=False),
        state=lambda user: user.is_active,
        expected=True,
        audit="accounts.activated",
    ),
    Write(
        model=User,
        name="end-sessions",
        arrange=_with_session,
        error="0 sessions have ended.",
        state=_open_sessions,
        expected=0,
        audit="accounts.sessions_ended",
    ),
    Write(
        model=User,
        name="areas",
        arrange=lambda _: customer(),
        sent=values(areas=["orders"]),
        wrong=values(areas=["cellar"]),
        error="Select a valid choice. cellar",
        state=lambda user: {area.value for area in user.staff_areas},
        expected={"orders"},
        audit="accounts.areas_changed",
    ),
    Write(
        model=Session,
        name="end",
        arrange=_session,
        state=lambda session: session.ended_at is None,
        expected=False,
        audit="accounts.session_ended",
    ),
)
