"""The shopper who sent a request, identified by the same random key as in events and exposures."""

from dataclasses import dataclass, replace
from uuid import UUID

from rest_framework.request import Request

from backend.api.arrivals import NO_ARRIVAL, Arrival
from backend.api.consent import may_track, tracking_choice
from backend.api.errors import InvalidInput
from backend.api.request_arrivals import arrival_of
from backend.api.schema import RequestHeader

ANONYMOUS_HEADER = "X-Anonymous-Id"
ANONYMOUS_ID = RequestHeader(
    name=ANONYMOUS_HEADER,
    schema={"type": "string", "format": "uuid", "example": "9b2f8c1e-6a57-4b0c-9c39-5d1b0f6d2a77"},
    description="A guest's random UUID, the same in all requests of one browser. An access token takes "
    "precedence.",
)


@dataclass(frozen=True, slots=True)
class Shopper:
    """The key that identifies the shopper in the warehouse.

    It is None for a guest without an anonymous id, and without consent to tracking. `arrival` has the facts
    of the request.
    """

    key: UUID | None
    user_id: int | None = None
    arrival: Arrival = NO_ARRIVAL


@dataclass(frozen=True, slots=True)
class Sender:
    """The shopper who sent a batch of events, and the choice about tracking that the request makes."""

    shopper: Shopper
    choice: bool | None


def shopper_of(request: Request) -> Shopper:
    """Return the shopper: the account, or for guests the anonymous id in the header.

    Raises:
        InvalidInput: the anonymous id is not a UUID, or is the nil UUID, or the consent is malformed.
    """
    sender = sender_of(request)
    key = sender.shopper.key if may_track(sender.choice) else None
    return replace(sender.shopper, key=key, arrival=arrival_of(request, choice=sender.choice))


def sender_of(request: Request) -> Sender:
    """Return the shopper with the key, also without consent to tracking, and the choice about it.

    Raises:
        InvalidInput: the anonymous id is not a UUID, or is the nil UUID, or the consent is malformed.
    """
    # Validated with an account, too, so that a bad header fails both before and after the login.
    guest = anonymous_id(request)
    if request.user.is_authenticated:
        shopper = Shopper(key=request.user.shopper_key, user_id=request.user.pk)
    else:
        shopper = Shopper(key=guest)
    return Sender(shopper, tracking_choice(request))


def anonymous_id(request: Request) -> UUID | None:
    """Return the UUID in the header X-Anonymous-Id, or None without the header.

    Raises:
        InvalidInput: it is not a UUID, or is the nil UUID.
    """
    raw = request.headers.get(ANONYMOUS_HEADER)
    if raw is None:
        return None
    try:
        key = UUID(raw)
    except ValueError as error:
        raise InvalidInput(**{ANONYMOUS_HEADER: "Must be a UUID."}) from error
    if not key.int:
        raise InvalidInput(**{ANONYMOUS_HEADER: "Must not be the nil UUID; generate a random one."})
    return key
