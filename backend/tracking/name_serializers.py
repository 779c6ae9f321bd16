"""Serializers of the names of a shop's own events."""

from typing import Any, ClassVar

from rest_framework import serializers

from analytics_pipeline.custom_names import PropertyKind
from backend.api.fields import Choice
from backend.api.parameters import Body, PageParameters
from backend.api.text import Text
from backend.tracking.models import MAX_DESCRIPTION_LENGTH, MAX_NAME_LENGTH, EventName

NAME: dict[str, Any] = {
    "name": "quiz_finished",
    "description": "A shopper finished the quiz about coffee.",
    "properties": {"answers": "number", "result": "string"},
    "is_active": True,
}
_PROPERTIES = "The types of the properties that the events may have, by name."


class EventNameListParameters(PageParameters):
    """The parameters of the list of names."""

    is_active = serializers.BooleanField(
        required=False, allow_null=True, default=None, help_text="Only active or only inactive names."
    )


class EventNameChangesSerializer(Body):
    """Changes to a name."""

    EXAMPLE: ClassVar[dict[str, Any]] = {name: value for name, value in NAME.items() if name != "name"}

    description = Text(
        required=False, allow_blank=True, max_length=MAX_DESCRIPTION_LENGTH, help_text="What the event means."
    )
    properties = serializers.DictField(
        child=Choice(choices=[each.value for each in PropertyKind]), required=False, help_text=_PROPERTIES
    )
    is_active = serializers.BooleanField(
        required=False, help_text="Whether events may have the name. Stored events keep an inactive name."
    )


class EventNameInputSerializer(Body):
    """A name to register."""

    EXAMPLE: ClassVar[dict[str, Any]] = NAME

    name = Text(max_length=MAX_NAME_LENGTH, help_text="It can't be changed later.")
    description = Text(
        required=False,
        allow_blank=True,
        default="",
        max_length=MAX_DESCRIPTION_LENGTH,
        help_text="What the event means.",
    )
    properties = serializers.DictField(
        child=Choice(choices=[each.value for each in PropertyKind]), default=dict, help_text=_PROPERTIES
    )
    is_active = serializers.BooleanField(default=True)


class EventNameSerializer(serializers.ModelSerializer[EventName]):
    """A name of the shop's own events."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": 1,
        **NAME,
        "created_at": "2026-03-01T12:00:00Z",
        "updated_at": "2026-03-01T12:00:00Z",
    }

    properties = serializers.DictField(
        child=serializers.ChoiceField(choices=[each.value for each in PropertyKind])
    )

    class Meta:
        model = EventName
        fields = ["id", "name", "description", "properties", "is_active", "created_at", "updated_at"]
        read_only_fields = fields
