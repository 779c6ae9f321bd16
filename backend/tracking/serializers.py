"""The intake's bodies, for the schema: msgspec reads and validates them."""

from typing import Any

from rest_framework import serializers

from analytics_pipeline.events import CLIENT_TYPES, MAX_EVENTS


class EventSerializer(serializers.Serializer[Any]):
    """One event; which of the fields it has depends on its type."""

    event_id = serializers.UUIDField(help_text="A UUIDv7 minted by the client, repeated on retry.")
    type = serializers.ChoiceField(choices=CLIENT_TYPES)
    product_id = serializers.IntegerField(required=False, min_value=1)
    variant_id = serializers.IntegerField(required=False, min_value=1)
    quantity = serializers.IntegerField(required=False, min_value=1)
    exposure_id = serializers.UUIDField(required=False, help_text="The list that led to the event.")
    position = serializers.IntegerField(required=False, min_value=1)
    product_ids = serializers.ListField(child=serializers.IntegerField(min_value=1), required=False)
    query = serializers.CharField(required=False, max_length=500)


class EventsSerializer(serializers.Serializer[Any]):
    """A batch."""

    events = serializers.ListField(child=EventSerializer(), max_length=MAX_EVENTS)


class RefusedSerializer(serializers.Serializer[Any]):
    """An event that was not accepted."""

    index = serializers.IntegerField(help_text="Its place in the batch, from 0.")
    reason = serializers.CharField()


class TakenSerializer(serializers.Serializer[Any]):
    """What became of a batch."""

    accepted = serializers.IntegerField()
    refused = RefusedSerializer(many=True)
