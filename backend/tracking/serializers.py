"""Serializers of event batches, for the OpenAPI document only; msgspec parses and validates the bodies.

The serializers of events are generated from the event types, so that each field is declared only once.
"""

from typing import Any, TypeAlias

from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema_field
from msgspec import inspect
from rest_framework import serializers

from analytics_pipeline.columns import fields_of, without_none
from analytics_pipeline.events import CLIENT_TYPES, MAX_PROPERTIES, Event

AnyField: TypeAlias = "serializers.Field[Any, Any, Any, Any]"

_HELP = {
    "event_id": "A UUIDv7 that the client generates when the event happens and repeats on retry.",
    "session_id": "A UUID that the client generates for the shopper's visit.",
    "exposure_id": "The id of the list that led to the event.",
    "properties": "Additional properties that the shop defines.",
}


@extend_schema_field(
    {
        "type": "object",
        "maxProperties": MAX_PROPERTIES,
        "additionalProperties": {
            "oneOf": [{"type": "string", "maxLength": 200}, {"type": "number"}, {"type": "boolean"}]
        },
    }
)
class PropertiesField(serializers.DictField):
    """A limited number of strings, numbers and booleans by name."""


def _serializer(kind: type[Event]) -> "type[serializers.Serializer[Any]]":
    """Return the serializer that describes events of this type."""
    tag = str(kind.__struct_config__.tag)
    declared: dict[str, Any] = {"type": serializers.ChoiceField(choices=[tag])}
    for field in fields_of(kind):
        options = {"required": field.required, "help_text": _HELP.get(field.name, "")}
        declared[field.name] = field_of(field.type, **options)
    return type(
        f"{kind.__name__}EventSerializer", (serializers.Serializer,), {**declared, "__doc__": kind.__doc__}
    )


def field_of(kind: inspect.Type, **options: Any) -> AnyField:
    """Return the serializer field that describes a struct's field.

    Raises:
        TypeError: there is no serializer field for this type yet.
    """
    inner = without_none(kind)
    options["allow_null"] = inner is not kind
    if isinstance(inner, inspect.VarTupleType):
        return serializers.ListField(child=field_of(inner.item_type), max_length=inner.max_length, **options)
    if isinstance(inner, inspect.IntType | inspect.FloatType):
        options |= {"min_value": inner.ge, "max_value": inner.le}
    elif isinstance(inner, inspect.StrType):
        options |= {"max_length": inner.max_length, "allow_blank": True}
    if type(inner) not in _FIELDS:
        raise TypeError(f"no serializer describes {inner}")
    return _FIELDS[type(inner)](**options)


_FIELDS: dict[type[inspect.Type], type[AnyField]] = {
    inspect.IntType: serializers.IntegerField,
    inspect.FloatType: serializers.FloatField,
    inspect.BoolType: serializers.BooleanField,
    inspect.StrType: serializers.CharField,
    inspect.UUIDType: serializers.UUIDField,
    inspect.DictType: PropertiesField,
}


class EventsSerializer(serializers.Serializer[Any]):
    """A batch of events."""

    EXAMPLE = {
        "events": [
            {
                "event_id": "0195568f-1e00-7c3a-8d7f-9a1b2c3d4e5f",
                "type": "click",
                "product_id": 1,
                "exposure_id": "0195568f-1d00-7b1c-9a53-3f1d2c4b5a69",
                "position": 1,
            }
        ]
    }

    events = PolymorphicProxySerializer(
        component_name="Event",
        serializers={str(kind.__struct_config__.tag): _serializer(kind) for kind in CLIENT_TYPES},
        resource_type_field_name="type",
        many=True,
    )
    anonymous_id = serializers.UUIDField(
        required=False,
        help_text="The guest's random UUID, for clients that can't set the header X-Anonymous-Id, such as "
        "beacons.",
    )
    sent_at = serializers.DateTimeField(
        required=False,
        help_text="The client's clock when it sends the batch. The times of its events are corrected by the "
        "difference to the server's clock, up to a day.",
    )
    tracking_consent = serializers.BooleanField(
        required=False,
        allow_null=True,
        default=None,
        help_text="The shopper's choice about tracking, for clients that can't set the header "
        "X-Tracking-Consent.",
    )


class RefusedSerializer(serializers.Serializer[Any]):
    """An event that was not accepted."""

    EXAMPLE = {"index": 1, "reason": "event_id: not a UUIDv7"}

    index = serializers.IntegerField(help_text="The event's index in the batch, from 0.")
    reason = serializers.CharField()


class TakenSerializer(serializers.Serializer[Any]):
    """How many events of a batch were accepted, and which were refused."""

    accepted = serializers.IntegerField()
    refused = RefusedSerializer(many=True)
    tracked = serializers.BooleanField(
        help_text="False if nothing was stored, because there is no consent to tracking."
    )
