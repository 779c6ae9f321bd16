"""Login sessions as `login` and `logout` events.

The id of an event is derived from its session and its time, so that writing a session again stores the same
events.
"""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from analytics_pipeline import clocks, uuid7
from analytics_pipeline.events import Login, Logout, Record
from analytics_pipeline.stream import number_at
from backend.accounts.models import Session
from backend.api.user_agents import UNKNOWN, ClientKind, kind_of


def of_sessions(sessions: QuerySet[Session], *, read_at: datetime) -> Iterator[Record]:
    """Return the events of the sessions whose shoppers may be tracked and haven't objected since.

    The client is the one that logged in or, if the session is written later, refreshed its tokens last.
    """
    not_objected = Q(user__tracking_consent=None) | Q(user__tracking_consent=True)
    tracked = sessions.filter(not_objected, is_tracked=True)
    rows = tracked.values_list(
        "pk", "created_at", "ended_at", "is_logged_out", "user_agent", "user__shopper_key"
    )
    for session, created_at, ended_at, is_logged_out, user_agent, shopper_key in rows:
        client = kind_of(user_agent) if user_agent else UNKNOWN
        login = Login(event_id=event_id(session, kind="login", at=created_at))
        yield _record(login, shopper_key=shopper_key, client=client, at=created_at, read_at=read_at)
        if is_logged_out and ended_at is not None:
            logout = Logout(event_id=event_id(session, kind="logout", at=ended_at))
            yield _record(logout, shopper_key=shopper_key, client=client, at=ended_at, read_at=read_at)


def event_id(session: UUID, *, kind: str, at: datetime) -> UUID:
    """Return the UUIDv7 of a login or logout: its time, and a hash of the session's id as the random part."""
    return uuid7.derived(clocks.milliseconds(at), name=f"{kind}:{session}")


def _record(
    event: Login | Logout, *, shopper_key: UUID, client: ClientKind, at: datetime, read_at: datetime
) -> Record:
    return Record(
        event=event,
        shopper_key=shopper_key,
        arrived_at=at,
        number=number_at(read_at),
        device=client.device,
        is_bot=client.is_bot,
    )
