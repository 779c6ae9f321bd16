"""What a request tells about the client that sent it: the facts that its events and lists have.

The core stores them with rows that become events later, because only the request has them.
"""

from dataclasses import dataclass
from typing import Any

from django.db import models
from rest_framework.request import Request

from backend.api.consent import may_track
from backend.api.user_agents import ClientKind, kind_of

GRANTED, UNKNOWN, DENIED = "granted", "unknown", "denied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """The client's class of device, whether it is a known bot, and the shopper's choice about tracking.

    `consent` is `granted`, `unknown` (the shopper wasn't asked, and the shop assumes a consent) or `denied`;
    empty if there was no request.
    """

    device: str = ""
    is_bot: bool = False
    consent: str = ""

    def columns(self) -> dict[str, Any]:
        """Return the values of the columns of `WithArrival`."""
        return {"device": self.device, "is_bot": self.is_bot, "consent": self.consent}


NO_ARRIVAL = Arrival()
"""Of rows that the server wrote without a shopper's request."""


class WithArrival(models.Model):
    """A row that a shopper's request led to; rows of earlier releases and of imports have no facts."""

    device = models.CharField(max_length=7, default="", db_default="", blank=True)
    is_bot = models.BooleanField(default=False, db_default=False)
    consent = models.CharField(max_length=7, default="", db_default="", blank=True)

    class Meta:
        abstract = True

    @property
    def arrival(self) -> Arrival:
        """The facts of the request."""
        return Arrival(device=self.device, is_bot=self.is_bot, consent=self.consent)

    def set_arrival(self, arrival: Arrival) -> None:
        """Set the columns."""
        for name, value in arrival.columns().items():
            setattr(self, name, value)


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
