"""Serializers of deliveries and preferences."""

from typing import Any
from zoneinfo import available_timezones

from rest_framework import serializers

from backend.api.fields import Choice, Identifier
from backend.api.parameters import Body, PageParameters
from backend.notifications.models import Delivery, DeliveryState, InboxMessage, NotificationKind

TIME = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"


class PreferenceSerializer(serializers.Serializer[Any]):
    """A kind of message, and whether the caller receives it."""

    EXAMPLE = {
        "kind": "back_in_stock",
        "description": "Products that you subscribed to and that are available again",
        "subscribed": True,
        "channels": {"email": True, "inbox": True},
    }

    kind = Choice(choices=NotificationKind.choices)
    description = serializers.CharField()
    subscribed = serializers.BooleanField(help_text="Whether it is received by e-mail.")
    channels = serializers.DictField(child=serializers.BooleanField())


class PreferenceChangesSerializer(Body):
    """Whether to receive a kind of message."""

    EXAMPLE = {"subscribed": False}

    subscribed = serializers.BooleanField()


class ChannelChoicesSerializer(Body):
    """The channels over which to receive a kind of message; those that are left out don't change."""

    EXAMPLE = {"email": False, "inbox": True}

    email = serializers.BooleanField(required=False)
    inbox = serializers.BooleanField(required=False)


class InboxParameters(PageParameters):
    """The parameters of the inbox."""

    unread = serializers.BooleanField(default=False, help_text="Only those that are not read.")


class InboxMessageSerializer(serializers.ModelSerializer[InboxMessage]):
    """A message in the inbox."""

    EXAMPLE = {
        "kind": "shipment",
        "title": "A parcel of your order 7K2M-Q4XT-9WHN is on its way",
        "url": "https://shop.example/account/orders/7K2M-Q4XT-9WHN",
    }

    class Meta:
        model = InboxMessage
        fields = ["id", "kind", "title", "url", "created_at", "read_at"]
        read_only_fields = fields


class UnreadSerializer(serializers.Serializer[Any]):
    """How many messages are unread."""

    EXAMPLE = {"unread": 2}

    unread = serializers.IntegerField()


class ReadAllSerializer(Body):
    """Which messages to mark as read: those up to an id, so that one that arrives meanwhile stays unread."""

    EXAMPLE = {"up_to": 17}

    up_to = Identifier(required=False)


class QuietHoursSerializer(Body):
    """The hours of each day in which only urgent messages are sent."""

    EXAMPLE = {"starts": "22:00", "ends": "07:00", "time_zone": "Europe/Berlin"}

    starts = serializers.RegexField(TIME, max_length=5)
    ends = serializers.RegexField(TIME, max_length=5)
    time_zone = serializers.CharField(max_length=64, help_text="A name of the IANA time zone database.")

    def validate_time_zone(self, value: str) -> str:
        """Return the name, if there is such a zone."""
        if value not in available_timezones():
            raise serializers.ValidationError("Must be a name of the IANA time zone database.")
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the fields, if the hours have a length."""
        if attrs["starts"] == attrs["ends"]:
            raise serializers.ValidationError({"ends": ["Must differ from starts."]})
        return attrs


class QuietHoursShownSerializer(serializers.Serializer[Any]):
    """The hours; all fields are null if there are none."""

    EXAMPLE = {"starts": "22:00", "ends": "07:00", "time_zone": "Europe/Berlin"}

    starts = serializers.CharField(allow_null=True)
    ends = serializers.CharField(allow_null=True)
    time_zone = serializers.CharField(allow_null=True)


class DeliveryListParameters(PageParameters):
    """The parameters of a list of deliveries."""

    state = Choice(choices=DeliveryState.choices, required=False, help_text="The state.")
    kind = Choice(choices=NotificationKind.choices, required=False, help_text="The kind of message.")
    recipient = Identifier(required=False, help_text="The id of the recipient's account.")


class NotificationDeliverySerializer(serializers.ModelSerializer[Delivery]):
    """A message to a user, in the log of deliveries."""

    EXAMPLE = {
        "kind": "stock_alert",
        "channel": "email",
        "state": "SENT",
        "attempts": 0,
        "address": "john@shop.example",
        "message_id": "<0b5e5c1e-6f5c-4a53-9f4c-4f1f4c3b2a10@shop.example>",
        "reason": "",
    }

    class Meta:
        model = Delivery
        fields = [
            "id",
            "kind",
            "channel",
            "recipient",
            "state",
            "attempts",
            "queued_at",
            "due_at",
            "finished_at",
            "address",
            "message_id",
            "reason",
        ]
        read_only_fields = fields
