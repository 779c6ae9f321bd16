"""Errors that the web process returns without calling Django, or instead of Django's response."""

from backend.api.errors import DomainError


class BodyTooLarge(DomainError):
    """The body is larger than this endpoint accepts."""

    code = "body_too_large"
    status = 413
    message = "The body is too large."
    details_keys = {"max_bytes": "The maximum size of a body in bytes."}
    hint = "Send a smaller body."


class BodyIncomplete(DomainError):
    """The body is shorter than its Content-Length, or its chunks are malformed."""

    code = "body_incomplete"
    status = 400
    message = "The body is incomplete, or its chunks are malformed."
    hint = "Send the request again, with a correct `Content-Length` or correct chunks."


class BodyTooSlow(DomainError):
    """The body did not arrive completely in time."""

    code = "body_too_slow"
    status = 408
    message = "The body did not arrive in time."
    details_keys = {"seconds": "The time limit for a body."}
    hint = "Send the request again."


class ServerBusy(DomainError):
    """No thread became free in time."""

    code = "server_busy"
    status = 503
    message = "The server is busy; try again shortly."
    headers = {"Retry-After": "2"}
    hint = "Repeat the request after the seconds in the header Retry-After."


class ResponseTooLate(DomainError):
    """The request is taking too long; it may still take effect."""

    code = "answer_too_late"
    status = 503
    message = "The response took too long."
    headers = {"Retry-After": "10"}
    hint = "Check whether the request took effect, or repeat it with the same Idempotency-Key."
