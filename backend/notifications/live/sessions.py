"""Which login sessions have ended, for connections that outlive a request."""

from collections.abc import Collection

from django.db import connection
from django.utils import timezone

from backend.accounts.models import Session


def ended_sessions(session_ids: Collection[str]) -> set[str]:
    """Return those of the sessions that have ended or expired, or whose users are inactive (1 query)."""
    try:
        rows = Session.objects.active(now=timezone.now()).filter(pk__in=session_ids)
        return set(session_ids) - {str(key) for key in rows.values_list("pk", flat=True)}
    finally:
        # No request ends in this thread, which would return the connection.
        connection.close()
