"""Serializers of deliveries and preferences."""

from typing import Any

from rest_framework import serializers

from backend.api.fields import Choice, Identifier
from backend.api.parameters import Body, PageParameters
from backend.notifications.models import Delivery, DeliveryState, NotificationKind


class PreferenceSerializer(serializers.Serializer[Any]):
    """A kind of message, and whether the caller receives it."""

    EXAMPLE = {
        "kind": "back_in_stock",
        "description": "Products that you subscribed to and that are available again",
        "subscribed": True,
    }

    kind = Choice(choices=NotificationKind.choices)
    description = serializers.CharField()
    subscribed = serializers.BooleanField()


class PreferenceChangesSerializer(Body):
    """Whether to receive a kind of message."""

    EXAMPLE = {"subscribed": False}

    subscribed = serializers.BooleanField()


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
