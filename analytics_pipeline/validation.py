"""Validation of events that clients send."""

import json
import re
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from analytics_pipeline import clocks, uuid7
from analytics_pipeline.events import EVENT_TYPES, SERVER_ONLY, AnyEvent
from analytics_pipeline.json_slices import member_at, members

MAX_EVENT_BYTES = 32_768
MAX_PROPERTIES_BYTES = 4_096
_LONGEST_REASON = 200
_SERVER_ONLY = frozenset(SERVER_ONLY)


class _Typed(msgspec.Struct):
    type: str


_typed_decoder = msgspec.json.Decoder(_Typed)
_TYPES = frozenset(str(kind.__struct_config__.tag) for kind in EVENT_TYPES)
_decoder: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)
_encoder = msgspec.json.Encoder()
_PLACE = re.compile(r"\(byte (\d+)\)")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(\w+)`")


class Fault(StrEnum):
    """The kind of a reason for which an event is refused, by which refused events are counted."""

    TOO_LONG = "too_long"
    MALFORMED = "malformed"
    MISSING_FIELD = "missing_field"
    UNKNOWN_FIELD = "unknown_field"
    REPEATED_FIELD = "repeated_field"
    INVALID_VALUE = "invalid_value"
    SERVER_ONLY = "server_only"
    INVALID_ID = "invalid_id"
    REPEATED_ID = "repeated_id"
    TOO_OLD = "too_old"
    IN_FUTURE = "in_future"
    CLOCK = "clock"
    CUSTOM_NAME = "custom_name"
    CUSTOM_PROPERTY = "custom_property"


class InvalidEvent(ValueError):
    """The text is not a valid event; the message names the field and the reason."""

    def __init__(self, reason: str, *, fault: Fault, field: str = "") -> None:
        shown = field if len(field) <= 50 else f"{field[:50]}…"
        super().__init__((f"{shown}: {reason}" if field else reason)[:_LONGEST_REASON])
        self.fault = fault


def validate(payload: bytes, *, arrived_at: datetime, clock_offset: int = 0) -> AnyEvent:
    """Return the event in this JSON object, as a client may send it.

    Raises:
        InvalidEvent: it is not valid.
    """
    if len(payload) > MAX_EVENT_BYTES:
        reason = f"an event of {len(payload)} bytes; at most {MAX_EVENT_BYTES} are accepted"
        raise InvalidEvent(reason, fault=Fault.TOO_LONG)
    try:
        event = _decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        field, reason = explain(error, payload)
        raise InvalidEvent(reason, field=field, fault=_fault(error, reason=reason)) from error
    if may_repeat_keys(payload, event):
        _refuse_repeated_keys(payload)
    if type(event) in _SERVER_ONLY:
        reason = f"'{event.type}' events can be sent by the server only"
        raise InvalidEvent(reason, field="type", fault=Fault.SERVER_ONLY)
    check_properties([event])
    check_id(event, arrived_at=arrived_at, clock_offset=clock_offset)
    return event


def may_repeat_keys(payload: bytes, decoded: object) -> bool:
    """Return whether a key may occur twice in an object of this JSON text.

    Every key is followed by a colon. A text with as many colons as the shortest encoding of the decoded
    values therefore has no further key. A colon written as the escape \\u003a would falsify the count, so a
    text with such an escape may repeat a key.
    """
    return b"\\u003" in payload or payload.count(b":") != _encoder.encode(decoded).count(b":")


def check_properties(events: Iterable[AnyEvent]) -> None:
    """Raise InvalidEvent if the properties of an event have too many bytes."""
    for event in events:
        if event.properties and len(_encoder.encode(event.properties)) > MAX_PROPERTIES_BYTES:
            reason = f"more than {MAX_PROPERTIES_BYTES} bytes"
            raise InvalidEvent(reason, field="properties", fault=Fault.TOO_LONG)


def check_id(event: AnyEvent, *, arrived_at: datetime, clock_offset: int) -> None:
    """Raise InvalidEvent unless the id is a UUIDv7 with a plausible time for the time of arrival."""
    if not uuid7.are_all([event.event_id]):
        raise InvalidEvent("not a UUIDv7", field="event_id", fault=Fault.INVALID_ID)
    if clocks.too_far_off(clock_offset):
        raise InvalidEvent("the client's clock is more than a day off", field="sent_at", fault=Fault.CLOCK)
    first, last = clocks.span(arrived_at=arrived_at, clock_offset=clock_offset)
    if event.milliseconds < first:
        raise InvalidEvent(
            "its time is more than 7 days before its arrival", field="event_id", fault=Fault.TOO_OLD
        )
    if event.milliseconds > last:
        raise InvalidEvent(
            "its time is more than 5 minutes after its arrival", field="event_id", fault=Fault.IN_FUTURE
        )


def explain(error: Exception, payload: bytes) -> tuple[str, str]:  # noqa: PLR0911
    """Return the field at which the parser failed (empty if unknown), and the reason."""
    if isinstance(error, RecursionError):
        return _first_failing(payload, RecursionError), "nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return _first_undecodable(payload), "not valid UTF-8"
    reason, _, path = str(error).partition(" - at `")
    if unknown := _UNKNOWN.fullmatch(reason):
        return unknown[1], "unknown field"
    if missing := _MISSING.fullmatch(reason):
        return missing[1], "required"
    if place := _PLACE.search(reason):
        return member_at(payload, int(place[1])), reason
    if not path:
        # The parser gives no offset for half of a surrogate pair at the end of a string.
        return _first_failing(payload, msgspec.DecodeError), reason
    # `$.product_ids[3]`; for a map's key "key` in `$.properties".
    field = path.rpartition("`$")[2] if "`$" in path else path.removeprefix("$")
    return field.strip("`.").replace("[...]", ""), reason


def _fault(error: Exception, *, reason: str) -> Fault:
    """Return the kind of a fault that `explain` explained."""
    if reason == "unknown field":
        return Fault.UNKNOWN_FIELD
    if reason == "required":
        return Fault.MISSING_FIELD
    return Fault.INVALID_VALUE if isinstance(error, msgspec.ValidationError) else Fault.MALFORMED


def type_of(payload: bytes) -> str:
    """Return the type that a refused event has, or an empty text if it names none that exists."""
    try:
        named = _typed_decoder.decode(payload).type
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    return named if named in _TYPES else ""


def _first_failing(payload: bytes, failure: type[Exception]) -> str:
    for name, begin, end in members(payload):
        try:
            msgspec.json.decode(payload[begin:end])
        except failure:
            return name
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
    return ""


def _first_undecodable(payload: bytes) -> str:
    try:
        payload.decode()
    except UnicodeDecodeError as error:
        return member_at(payload, error.start)
    return ""


def _refuse_repeated_keys(payload: bytes) -> None:
    """Raise InvalidEvent if a key occurs twice in an object; the payload is valid JSON."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [name for name, _ in pairs]
            repeated = next(name for name in names if names.count(name) > 1)
            raise InvalidEvent("occurs twice", field=repeated, fault=Fault.REPEATED_FIELD)
        return found

    json.loads(payload, object_pairs_hook=unique)
