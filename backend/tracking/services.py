"""Accepts batches of events: validates them and appends each batch to the stream as one entry."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from operator import attrgetter
from uuid import UUID

from prometheus_client import Counter
from rest_framework.exceptions import Throttled

from analytics_pipeline import intake
from analytics_pipeline.allowances import AllowanceExceeded, TooManyGuests
from analytics_pipeline.events import CartAdd, Click, Refused, View
from analytics_pipeline.intake import InvalidBody, Received, TooManyEvents
from analytics_pipeline.recent import KEPT, VIEWS_KEPT, view_member
from analytics_pipeline.stream import Batch, refusals_of
from backend.api.consent import combined, may_track
from backend.api.errors import InvalidInput
from backend.api.request_arrivals import consent_text
from backend.api.shoppers import ANONYMOUS_HEADER, Shopper
from backend.catalog.known_products import KNOWN_PRODUCTS
from backend.engines.streams import refused_quota, source_keys, stream
from backend.tracking.bodies import too_large
from backend.tracking.errors import TooManyNewGuests
from backend.tracking.limits import Client
from backend.tracking.live_names import CACHE

REFUSED = Counter("vitrine_events_refused", "Events refused by intake")
REFUSED_NOT_KEPT = Counter(
    "vitrine_events_refused_not_kept", "Refused events beyond the quota of dead letters"
)
_INTERACTIONS = (View, Click, CartAdd)


@dataclass(frozen=True, slots=True)
class Taken:
    """The number of accepted events, and the refused events with the reasons.

    `tracked` is False if nothing was stored, because there is no consent to tracking.
    """

    accepted: int
    refused: Sequence[Refused]
    tracked: bool = True


def take(
    body: bytes, *, shopper: Shopper, choice: bool | None = None, client: Client, now: datetime
) -> Taken:
    """Accept the valid events of a body; keep the others as dead letters, within the quota of the address.

    `choice` is what the shopper chose about tracking; None leaves it to the body and to the setting.

    Raises:
        InvalidInput: the body is not a batch, or its anonymous id differs from the header.
        BatchTooLarge: the batch has too many events.
        Throttled: the client sent too many requests.
        TooManyNewGuests: too many other guests of the address sent events; no event was accepted.
        StreamUnavailable: the stream is not available; no event was accepted.
    """
    try:
        return _take(body, shopper=shopper, choice=choice, client=client, now=now)
    except AllowanceExceeded as error:
        raise Throttled(wait=error.seconds) from error
    except TooManyGuests as error:
        raise TooManyNewGuests(retry_after=ceil(error.seconds)) from error


def _take(body: bytes, *, shopper: Shopper, choice: bool | None, client: Client, now: datetime) -> Taken:
    allowance = client.requests
    received = intake.read_whole(body, arrived_at=now, names_of=CACHE.current)
    if received is None:
        # An invalid body takes longer to parse, so the request is counted before.
        if allowance is not None:
            stream().count(allowance)
            allowance = None
        received = _received(body, now=now)
    shopper_key = _shopper_key(shopper, received.anonymous_id)
    choice = combined(choice, received.tracking_consent)
    if not may_track(choice):
        if allowance is not None:
            stream().count(allowance)
        return Taken(accepted=0, refused=received.refused, tracked=False)
    batch = Batch(
        arrived_at=now,
        shopper_key=shopper_key,
        events=received.events,
        refused=_kept(received.refused, address=client.counted_address, now=now),
        refusals=refusals_of(received.refused),
        clock_offset=received.clock_offset,
        source_key=source_keys().of(client.address, now=now),
        device=client.kind.device,
        is_bot=client.kind.is_bot,
        consent=consent_text(choice),
    )
    guests = client.guests if shopper.user_id is None else None
    interactions = _interactions(received)
    stream().append(
        batch,
        recent=_latest(interactions, received),
        viewed=_viewed(interactions, received),
        allowance=allowance,
        guest_allowance=guests,
    )
    return Taken(accepted=len(received.events), refused=received.refused)


def _received(body: bytes, *, now: datetime) -> Received:
    try:
        return intake.read_each(body, arrived_at=now, names_of=CACHE.current)
    except InvalidBody as error:
        raise InvalidInput(**{error.field: error.reason}) from error
    except TooManyEvents as error:
        raise too_large() from error


def _shopper_key(shopper: Shopper, anonymous_id: UUID | None) -> UUID | None:
    """Return the account's key, or for a guest the anonymous id from the header or from the body."""
    if shopper.user_id is not None or anonymous_id is None:
        return shopper.key
    if not anonymous_id.int:
        raise InvalidInput(anonymous_id="Must not be the nil UUID; generate a random one.")
    if shopper.key not in (None, anonymous_id):
        differ = f"{ANONYMOUS_HEADER} and anonymous_id name different guests; send one of them."
        raise InvalidInput(**{ANONYMOUS_HEADER: differ, "anonymous_id": differ})
    return anonymous_id


def _kept(refused: tuple[Refused, ...], *, address: str, now: datetime) -> tuple[Refused, ...]:
    """Return the refused events to keep as dead letters: all of them, or none if the quota is exceeded."""
    if not refused:
        return ()
    REFUSED.inc(len(refused))
    size = sum(len(one.payload) + len(one.reason) for one in refused)
    if refused_quota().admits(address, size=size, now=now):
        return refused
    REFUSED_NOT_KEPT.inc(len(refused))
    return ()


def _interactions(received: Received) -> list[View | Click | CartAdd]:
    """Return the interactions with products that exist, the oldest first.

    Otherwise views of other ids would replace the shopper's products, of which only the last ones are kept.
    """
    interactions = [event for event in received.events if isinstance(event, _INTERACTIONS)]
    if not interactions:
        return []
    known = KNOWN_PRODUCTS.among({event.product_id for event in interactions})
    # A batch may be in any order. A UUIDv7 begins with its time, so ids sort by time.
    return sorted((event for event in interactions if event.product_id in known), key=_by_id)


def _latest(interactions: Sequence[View | Click | CartAdd], received: Received) -> dict[int, float]:
    """Return the products of the last interactions, with the UNIX time of the last one of each."""
    latest = {event.product_id: event for event in interactions}
    last = sorted(latest.values(), key=_by_id)[-KEPT:]
    return {event.product_id: _seconds(event, received) for event in last}


def _viewed(interactions: Sequence[View | Click | CartAdd], received: Received) -> dict[str, float]:
    """Return the members of the last views with their UNIX times."""
    views = [event for event in interactions if isinstance(event, View)][-VIEWS_KEPT:]
    return {
        view_member(event.event_id, product=event.product_id): _seconds(event, received) for event in views
    }


def _seconds(event: View | Click | CartAdd, received: Received) -> float:
    return (event.milliseconds + received.clock_offset) / 1_000


_by_id = attrgetter("event_id.int")
