"""What a request tells about the client that sent it: the facts that its events and lists have.

The core stores them with rows that become events later, because only the request has them. Models need
this module, so it imports nothing that only views need.
"""

from dataclasses import dataclass
from typing import Any

from django.db import models


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
