"""Accepts batches of events: validates them and appends each batch to the stream as one entry."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from prometheus_client import Counter

from analytics_pipeline import intake
from analytics_pipeline.events import CartAdd, Click, Refused, View
from analytics_pipeline.intake import InvalidBody, Received, TooManyEvents
from analytics_pipeline.recent import KEPT
from analytics_pipeline.stream import Allowance, Batch
from backend.api.errors import InvalidInput
from backend.api.shoppers import ANONYMOUS_HEADER, Shopper
from backend.engines.streams import refused_quota, stream
from backend.tracking.bodies import too_large

REFUSED = Counter("vitrine_events_refused", "Events refused by intake")
REFUSED_NOT_KEPT = Counter(
    "vitrine_events_refused_not_kept", "Refused events beyond the quota of dead letters"
)
_INTERACTIONS = (View, Click, CartAdd)


@dataclass(frozen=True, slots=True)
class Taken:
    """How many events were accepted, and the others with the reasons why not."""

    accepted: int
    refused: Sequence[Refused]


def take(body: bytes, *, shopper: Shopper, address: str, allowance: Allowance | None, now: datetime) -> Taken:
    """Accept the valid events of a body; keep the others as dead letters, within the quota of `address`.

    Raises:
        InvalidInput: the body is not a batch, or names another guest than the header.
        BatchTooLarge: it holds too many events.
        AllowanceExceeded: the caller sent too many requests.
        StreamUnavailable: nothing was accepted.
    """
    received = intake.read_whole(body, arrived_at=now)
    if received is None:
        # A body with a fault takes longer to read, so the request is counted first.
        if allowance is not None:
            stream().count(allowance)
            allowance = None
        received = _received(body, now=now)
    batch = Batch(
        arrived_at=now,
        shopper_key=_shopper_key(shopper, received.anonymous_id),
        events=received.events,
        refused=_kept(received.refused, address=address, now=now),
        clock_offset=received.clock_offset,
    )
    stream().append(batch, recent=_interactions(received), allowance=allowance)
    return Taken(accepted=len(received.events), refused=received.refused)


def _received(body: bytes, *, now: datetime) -> Received:
    try:
        return intake.read_each(body, arrived_at=now)
    except InvalidBody as error:
        raise InvalidInput(**{error.field: error.reason}) from error
    except TooManyEvents as error:
        raise too_large() from error


def _shopper_key(shopper: Shopper, anonymous_id: UUID | None) -> UUID | None:
    """Return the account's key, else the guest's from the header or, as in a beacon, from the body."""
    if shopper.user_id is not None or anonymous_id is None:
        return shopper.key
    if not anonymous_id.int:
        raise InvalidInput(anonymous_id="The nil UUID stands for no guest; generate a random one.")
    if shopper.key not in (None, anonymous_id):
        differ = f"{ANONYMOUS_HEADER} and anonymous_id name different guests; send one of them."
        raise InvalidInput(**{ANONYMOUS_HEADER: differ, "anonymous_id": differ})
    return anonymous_id


def _kept(refused: tuple[Refused, ...], *, address: str, now: datetime) -> tuple[Refused, ...]:
    """Return the refused events that become dead letters: all, or none beyond the quota."""
    if not refused:
        return ()
    REFUSED.inc(len(refused))
    size = sum(len(one.payload) + len(one.reason) for one in refused)
    if refused_quota().admits(address, size=size, now=now):
        return refused
    REFUSED_NOT_KEPT.inc(len(refused))
    return ()


def _interactions(received: Received) -> dict[int, float]:
    """Return the products of the shopper's last interactions, each with the time of the last one (UNIX)."""
    interactions = [event for event in received.events if isinstance(event, _INTERACTIONS)]
    # A batch needn't be in the order of time; an id begins with its time.
    interactions.sort(key=_by_id)
    latest = {event.product_id: event for event in interactions}
    last = sorted(latest.values(), key=_by_id)[-KEPT:]
    return {event.product_id: (event.milliseconds + received.clock_offset) / 1_000 for event in last}


_by_id = attrgetter("event_id.int")
