"""Reads the facts of `arrivals` from a request."""

from rest_framework.request import Request

from backend.api.arrivals import Arrival
from backend.api.consent import may_track
from backend.api.user_agents import ClientKind, kind_of

GRANTED, UNKNOWN, DENIED = "granted", "unknown", "denied"


def client_kind(request: Request) -> ClientKind:
    """Return the class of device that sent the request, and whether it is a known bot."""
    return kind_of(
        request.META.get("HTTP_USER_AGENT", ""),
        mobile=request.META.get("HTTP_SEC_CH_UA_MOBILE", ""),
        platform=request.META.get("HTTP_SEC_CH_UA_PLATFORM", ""),
    )


def arrival_of(request: Request, *, choice: bool | None) -> Arrival:
    """Return the facts of the request's arrival; `choice` is the one that it makes about tracking."""
    kind = client_kind(request)
    return Arrival(device=kind.device, is_bot=kind.is_bot, consent=consent_text(choice))


def consent_text(choice: bool | None) -> str:
    """Return what events store about the choice that a request makes about tracking."""
    if not may_track(choice):
        return DENIED
    return GRANTED if choice else UNKNOWN
