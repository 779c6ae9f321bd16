"""Read a request's body: return the valid events, and the refused ones with their reasons.

A body that is valid as a whole is decoded at once. In any other body each event is cut out and decoded alone,
so that an invalid event doesn't affect the others.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec

from analytics_pipeline import clocks, uuid7, validation
from analytics_pipeline.custom_names import NamesOf, check_custom, no_names
from analytics_pipeline.events import MAX_EVENTS, SERVER_ONLY, AnyEvent, Custom, Refused
from analytics_pipeline.json_slices import Slices, TooManyElements, Unreadable, cut
from analytics_pipeline.validation import Fault, InvalidEvent

# How much is kept of a refused event; a longer one can't be replayed.
KEPT_BYTES = 2_000
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_SERVER_ONLY = frozenset(SERVER_ONLY)


class InvalidBody(ValueError):
    """The body of a request is not a batch; `field` and `reason` say what is wrong."""

    def __init__(self, field: str, *, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class TooManyEvents(ValueError):
    """The batch has more events than one request may carry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """The contents of a body. `clock_offset` is to be added to the events' times, in milliseconds."""

    events: tuple[AnyEvent, ...]
    refused: tuple[Refused, ...] = ()
    anonymous_id: UUID | None = None
    tracking_consent: bool | None = None
    clock_offset: int = 0


class _Envelope(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    events: list[msgspec.Raw]
    anonymous_id: UUID | None = None
    sent_at: Annotated[str, msgspec.Meta(max_length=40)] | None = None
    tracking_consent: bool | None = None


class _Batch(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    events: tuple[AnyEvent, ...]
    anonymous_id: UUID | None = None
    sent_at: Annotated[str, msgspec.Meta(max_length=40)] | None = None
    tracking_consent: bool | None = None


_envelope_decoder = msgspec.json.Decoder(_Envelope)
_batch_decoder = msgspec.json.Decoder(_Batch)


def read(body: bytes, *, arrived_at: datetime, names_of: NamesOf = no_names) -> Received:
    """Return the events in `{"events": [...], "anonymous_id": …, "sent_at": …, …}`.

    `names_of` returns the names of `custom` events.

    Raises:
        InvalidBody: the body is not such an object.
        TooManyEvents: it holds more than MAX_EVENTS.
    """
    return read_whole(body, arrived_at=arrived_at, names_of=names_of) or read_each(
        body, arrived_at=arrived_at, names_of=names_of
    )


def read_whole(body: bytes, *, arrived_at: datetime, names_of: NamesOf = no_names) -> Received | None:
    """Return the events of a body in which everything is valid, else None."""
    try:
        batch = _batch_decoder.decode(body)
        clock_offset = _clock_offset(batch.sent_at, arrived_at=arrived_at)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, InvalidBody):
        return None
    events = batch.events
    if not 0 < len(events) <= MAX_EVENTS or validation.may_repeat_keys(body, batch):
        return None
    if not _all_valid(events, arrived_at=arrived_at, clock_offset=clock_offset, names_of=names_of):
        return None
    return Received(
        events=events,
        anonymous_id=batch.anonymous_id,
        tracking_consent=batch.tracking_consent,
        clock_offset=clock_offset,
    )


def _all_valid(
    events: tuple[AnyEvent, ...], *, arrived_at: datetime, clock_offset: int, names_of: NamesOf
) -> bool:
    ids = [event.event_id for event in events]
    times = uuid7.times(ids)
    first, last = clocks.span(arrived_at=arrived_at, clock_offset=clock_offset)
    if clocks.too_far_off(clock_offset) or min(times) < first or max(times) > last:
        return False
    if not uuid7.are_all(ids) or len({id_.int for id_ in ids}) < len(ids):
        return False
    kinds = set(map(type, events))
    if not _SERVER_ONLY.isdisjoint(kinds):
        return False
    try:
        validation.check_properties(events)
        if Custom in kinds:
            for event in events:
                check_custom(event, names_of)
    except InvalidEvent:
        return False
    return True


def read_each(body: bytes, *, arrived_at: datetime, names_of: NamesOf = no_names) -> Received:
    """Return the events of a body, each decoded alone; raises as `read` does."""
    slices = _slices(body.removeprefix(_BYTE_ORDER_MARK))
    envelope = _envelope(slices.rest)
    if not slices.elements:
        raise InvalidBody("events", reason="There is no event in it.")
    clock_offset = _clock_offset(envelope.sent_at, arrived_at=arrived_at)
    accepted: dict[UUID, AnyEvent] = {}
    indexes: dict[UUID, int] = {}
    refused: list[Refused] = []
    for index, payload in enumerate(slices.elements):
        try:
            event = validation.validate(payload, arrived_at=arrived_at, clock_offset=clock_offset)
            check_custom(event, names_of)
            if event.event_id in accepted:
                reason = f"the event at index {indexes[event.event_id]} has the same id and was accepted"
                raise InvalidEvent(  # noqa: TRY301 - handled like every other fault
                    reason, field="event_id", fault=Fault.REPEATED_ID
                )
        except InvalidEvent as error:
            text = payload[:KEPT_BYTES].decode(errors="replace")
            refused.append(
                Refused(
                    index=index,
                    reason=str(error),
                    payload=text,
                    type=validation.type_of(payload),
                    fault=error.fault,
                )
            )
        else:
            accepted[event.event_id] = event
            indexes[event.event_id] = index
    return Received(
        events=tuple(accepted.values()),
        refused=tuple(refused),
        anonymous_id=envelope.anonymous_id,
        tracking_consent=envelope.tracking_consent,
        clock_offset=clock_offset,
    )


def _slices(body: bytes) -> Slices:
    try:
        return cut(body, "events", limit=MAX_EVENTS)
    except Unreadable as error:
        raise InvalidBody("events", reason=f'Send {{"events": [...]}}: {error}') from error
    except TooManyElements as error:
        raise TooManyEvents from error


def _envelope(text: bytes) -> _Envelope:
    """Return the other members of the body; `text` has an empty array in place of the events."""
    try:
        envelope = _envelope_decoder.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        field, reason = validation.explain(error, text)
        raise InvalidBody(field or "events", reason=f'Send {{"events": [...]}}: {reason}') from error
    names = [name for name, _ in json.loads(text, object_pairs_hook=list)]
    for name in names:
        if names.count(name) > 1:
            raise InvalidBody(name, reason="Occurs twice.")
    return envelope


def _clock_offset(sent_at: str | None, *, arrived_at: datetime) -> int:
    """Return the correction for the client's clock. Raises InvalidBody if `sent_at` isn't a time."""
    if sent_at is None:
        return 0
    try:
        moment: datetime | None = datetime.fromisoformat(sent_at)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InvalidBody("sent_at", reason="Must be a time with its zone, such as 2026-03-01T12:00:00Z.")
    return clocks.offset(sent_at=moment, arrived_at=arrived_at)
