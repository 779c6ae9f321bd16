"""The names that a shop registers for its own events, and the check of an event with such a name."""

from collections.abc import Callable, Mapping
from enum import StrEnum

from analytics_pipeline.events import Custom, Event
from analytics_pipeline.validation import Fault, InvalidEvent

WHERE = "/api/events/names/"


class PropertyKind(StrEnum):
    """The type of a property's values."""

    STRING = "string"
    NUMBER = "number"
    BOOLEAN = "boolean"


Names = Mapping[str, Mapping[str, PropertyKind]]
"""The active names, each with the properties that its events may have."""
NamesOf = Callable[[], Names]
"""Returns the active names; raises NamesUnavailable. It is called only if there is a `custom` event."""


class NamesUnavailable(Exception):
    """The registered names can't be read at the moment."""


def no_names() -> Names:
    """Return no names: every `custom` event is refused."""
    return {}


def check_custom(event: Event, names_of: NamesOf) -> None:
    """Do nothing if the event has another type, or a registered name and only declared properties.

    Raises:
        InvalidEvent: its name isn't registered, or a property isn't declared or has another type.
    """
    if not isinstance(event, Custom):
        return
    try:
        declared = names_of().get(event.name)
    except NamesUnavailable as error:
        reason = "the registered names can't be read at the moment; the event is checked again later"
        raise InvalidEvent(reason, field="name", fault=Fault.CUSTOM_NAME) from error
    if declared is None:
        shown = event.name if len(event.name) <= 50 else f"{event.name[:50]}…"
        reason = f"{shown!r} isn't an active name; staff register it at {WHERE}"
        raise InvalidEvent(reason, field="name", fault=Fault.CUSTOM_NAME)
    for name, value in (event.properties or {}).items():
        kind = declared.get(name)
        if kind is None:
            reason = f"not declared for this name; staff declare it at {WHERE}"
            raise InvalidEvent(reason, field=f"properties.{name}", fault=Fault.CUSTOM_PROPERTY)
        if kind is not kind_of(value):
            raise InvalidEvent(f"must be a {kind}", field=f"properties.{name}", fault=Fault.CUSTOM_PROPERTY)


def kind_of(value: str | float | bool) -> PropertyKind:
    """Return the type of a value; a boolean isn't a number."""
    if isinstance(value, str):
        return PropertyKind.STRING
    return PropertyKind.BOOLEAN if isinstance(value, bool) else PropertyKind.NUMBER
