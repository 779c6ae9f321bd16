"""What the web process answers by itself, before or instead of Django."""

from backend.api.errors import DomainError


class BodyTooLarge(DomainError):
    """The body has more bytes than any endpoint accepts."""

    code = "body_too_large"
    status = 413
    message = "The body is too large."
    details_keys = {"max_bytes": "The size of the largest body."}
    way_out = "Send a smaller body."


class BodyTooSlow(DomainError):
    """The body was not complete at its deadline."""

    code = "body_too_slow"
    status = 408
    message = "The body did not arrive in time."
    details_keys = {"seconds": "How long a body may take."}
    way_out = "Send the request again."


class ServerBusy(DomainError):
    """No thread became free in time."""

    code = "server_busy"
    status = 503
    message = "The server is busy; try again shortly."
    headers = {"Retry-After": "2"}
    way_out = "Repeat the request after the seconds in the header Retry-After."


class AnswerTooLate(DomainError):
    """The request was begun and has no answer at its deadline; it may still take effect."""

    code = "answer_too_late"
    status = 503
    message = "The answer took too long."
    headers = {"Retry-After": "10"}
    way_out = "Find out whether it took effect, or repeat it with the same Idempotency-Key."
