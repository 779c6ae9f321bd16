"""Endpoints of the caller's login sessions."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts import selectors, sessions
from backend.accounts.authentication import account_of, session_of
from backend.accounts.errors import SessionNotFound
from backend.accounts.models import Session
from backend.accounts.serializers import EndedSessionSerializer, EndedSessionsSerializer, SessionSerializer
from backend.api.pagination import page_response
from backend.api.parameters import PageParameters, parse
from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation, page_of
from backend.audit.actors import actor_of


class SessionListView(APIView):
    """The caller's active sessions."""

    open_without_second_factor = True

    @operation("sessions_list", tag="accounts", query=PageParameters, response=page_of(SessionSerializer))
    def get(self, request: Request) -> Response:
        """List your active sessions, the last used first."""
        rows = selectors.active_sessions_of(account_of(request).pk, now=timezone.now())
        current = session_of(request).pk

        def shown(page: list[Session]) -> Any:
            return SessionSerializer(page, many=True, context={"current": current}).data  # type: ignore[arg-type]

        return page_response(request, rows, parameters=parse(request, PageParameters), shown=shown)

    @operation("other_sessions_delete", tag="accounts", response=envelope_of(EndedSessionsSerializer))
    def delete(self, request: Request) -> Response:
        """End all your sessions except the one that sends this request."""
        ended = sessions.end_other_sessions(
            account_of(request).pk,
            kept=session_of(request).pk,
            by=actor_of(request),
            now=timezone.now(),
        )
        return envelope(EndedSessionsSerializer({"ended": ended}).data, message="Other sessions ended.")


class SessionView(APIView):
    """A session of the caller."""

    open_without_second_factor = True

    @operation(
        "sessions_delete",
        tag="accounts",
        response=envelope_of(EndedSessionSerializer),
        errors=[SessionNotFound],
    )
    def delete(self, request: Request, session_id: UUID) -> Response:
        """End one of your sessions.

        All of its tokens become invalid at once. Ending the session that sends the request is a logout.
        """
        sessions.end_session_of(
            account_of(request).pk, session_id=session_id, by=actor_of(request), now=timezone.now()
        )
        return envelope(EndedSessionSerializer({"id": session_id}).data, message="Session ended.")
