"""Events in: validated, answered, and put into the stream as one entry a request."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
import structlog

from analytics_pipeline import events
from analytics_pipeline.events import AnyEvent, CartAdd, Click, Refused, View
from analytics_pipeline.redis_client import StreamUnavailable
from analytics_pipeline.stream import Batch
from backend.api.errors import InvalidInput
from backend.api.shoppers import Shopper
from backend.engines.streams import recent_products, stream
from backend.tracking.errors import BatchTooLarge

MAX_BYTES = 1_000_000
_MEETINGS = (View, Click, CartAdd)

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Taken:
    """How many events were accepted, and the others with the reasons why not."""

    accepted: int
    refused: Sequence[Refused]


class _Request(msgspec.Struct, forbid_unknown_fields=True):
    events: list[msgspec.Raw]


_decoder = msgspec.json.Decoder(_Request)


def take(body: bytes, *, shopper: Shopper, now: datetime) -> Taken:
    """Accept what is valid among `{"events": [...]}`; the rest is kept as dead letters.

    Raises:
        InvalidInput: the body is no such object.
        BatchTooLarge: it holds too many events.
        StreamUnavailable: nothing was accepted.
    """
    accepted, refused = events.validate_all(_payloads(body), arrived_at=now)
    batch = Batch(arrived_at=now, shopper_key=shopper.key, events=tuple(accepted), refused=tuple(refused))
    stream().append(batch)
    _remember(accepted, shopper=shopper)
    return Taken(accepted=len(accepted), refused=refused)


def _payloads(body: bytes) -> list[msgspec.Raw]:
    try:
        payloads = _decoder.decode(body).events
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(events=f'Send {{"events": [...]}}: {error}') from error
    except RecursionError as error:
        raise InvalidInput(events="It is nested too deeply.") from error
    if not payloads:
        raise InvalidInput(events="There is no event in it.")
    if len(payloads) > events.MAX_EVENTS:
        raise BatchTooLarge(max_events=events.MAX_EVENTS, max_bytes=MAX_BYTES)
    return payloads


def _remember(accepted: Sequence[AnyEvent], *, shopper: Shopper) -> None:
    """Let the next list know what the shopper met; a list without it is worth more than a refused event."""
    if shopper.key is None:
        return
    meetings = [event for event in accepted if isinstance(event, _MEETINGS)]
    # A batch needn't be in the order of time; of several meetings the last one stays.
    met = {event.product_id: event.occurred_at for event in sorted(meetings, key=lambda one: one.occurred_at)}
    try:
        recent_products().remember(shopper.key, products=met)
    except StreamUnavailable as error:
        logger.warning("recent_products_not_remembered", reason=str(error))
