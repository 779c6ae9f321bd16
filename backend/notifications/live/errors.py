"""Errors of live events."""

from backend.api.errors import DomainError


class TooManyConnections(DomainError):
    """The client, or all clients of a process, have too many connections with live events."""

    code = "too_many_live_connections"
    status = 429
    message = "There are too many connections with live events."
    headers = {"Retry-After": "30"}
    hint = "Close another connection, or repeat the request after the seconds in the header Retry-After."


class LiveUnavailable(DomainError):
    """The stream of live events can't be reached."""

    code = "live_events_unavailable"
    status = 503
    message = "Live events are not available at the moment."
    headers = {"Retry-After": "5"}
    hint = "Repeat the request after the seconds in the header Retry-After."
