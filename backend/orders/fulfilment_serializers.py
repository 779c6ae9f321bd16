"""Serializers for sellers' sales, shipments, cancellations and returns."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from backend.addresses.serializers import ADDRESS
from backend.api.fields import Choice, Identifier
from backend.api.parameters import Body, PageParameters
from backend.inventory.serializers import MAX_UNITS
from backend.orders.fulfilment_models import Return, ReturnItem, ReturnReason, ReturnStatus
from backend.orders.models import Order, OrderStatus
from backend.orders.requests import (
    ReturnedUnitsSerializer,
    ShippingRefundChoice,
    StepSerializer,
    UnitsSerializer,
    listed_once,
)
from backend.orders.returns import Condition
from backend.orders.serializers import OrderSerializer, SaleItemSerializer
from backend.orders.shipment_serializers import ShipmentSerializer
from backend.orders.status import status_of, units_of


class CancelSerializer(StepSerializer):
    """The units to cancel, and a note."""

    items = serializers.ListField(
        child=UnitsSerializer(),
        required=False,
        min_length=1,
        max_length=500,
        help_text="The units to cancel; everything that isn't shipped, if it is left out.",
    )

    validate_items = ReturnedUnitsSerializer.validate_items


class NewShipmentSerializer(CancelSerializer):
    """The units in a parcel, and how it is sent."""

    EXAMPLE = {"carrier": "DHL", "tracking_number": "00340434161094042557", "note": ""}

    items = serializers.ListField(child=UnitsSerializer(), min_length=1, max_length=500)
    carrier = serializers.CharField(max_length=60, required=False, allow_blank=True, default="")
    tracking_number = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")


class SaleListParameters(PageParameters):
    """The parameters of a list of sales."""

    to_ship = serializers.BooleanField(
        required=False, default=False, help_text="Only orders of which units are to be shipped."
    )


class SaleSerializer(serializers.ModelSerializer[Order]):
    """A seller's part of an order: the seller's items and shipments, and where to send them."""

    EXAMPLE = {
        "order_number": "7K2M-9QXR-4TBC",
        "currency": "USD",
        "recipient": "John Doe",
        "shipping_address": ADDRESS,
    }

    status = serializers.SerializerMethodField(help_text="The status of the seller's items alone.")
    recipient = serializers.SerializerMethodField(help_text="Empty if everything was cancelled.")
    shipping_address = serializers.SerializerMethodField(help_text="Empty if everything was cancelled.")
    items = SaleItemSerializer(many=True, source="sold_items")
    shipments = ShipmentSerializer(many=True, source="sent_shipments")

    class Meta:
        model = Order
        fields = [
            "id",
            "order_number",
            "status",
            "currency",
            "recipient",
            "shipping_address",
            "placed_at",
            "items",
            "shipments",
        ]
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField(choices=OrderStatus.choices))
    def get_status(self, order: Any) -> str:
        """Return the status of an order that consists of the seller's items only."""
        return status_of(units_of(order.sold_items), confirmed=True)

    @extend_schema_field(serializers.CharField())
    def get_recipient(self, order: Any) -> str:
        """Return the name on the parcel."""
        if self.get_status(order) == OrderStatus.CANCELLED:
            return ""
        return str(order.shipping_address.get("name") or order.customer_name)

    @extend_schema_field(serializers.DictField(child=serializers.CharField()))
    def get_shipping_address(self, order: Any) -> dict[str, str]:
        """Return the address, unless the seller has nothing to send."""
        if self.get_status(order) == OrderStatus.CANCELLED:
            return {}
        return dict(order.shipping_address)


class LookupSerializer(Body):
    """The number of a guest's order, and the e-mail address that it was placed with."""

    EXAMPLE = {"order_number": "7K2M-9QXR-4TBC", "email": "john@example.org"}

    order_number = serializers.CharField(max_length=20)
    email = serializers.EmailField()


class FoundOrderSerializer(OrderSerializer):
    """A guest's order that was looked up by its number, without its payments."""

    payments = None  # type: ignore[assignment]

    class Meta(OrderSerializer.Meta):
        fields = [name for name in OrderSerializer.Meta.fields if name not in {"payments", "user"}]
        read_only_fields = fields


class NewReturnItemSerializer(UnitsSerializer):
    """Units to return, and why."""

    reason = Choice(choices=ReturnReason.choices, default=ReturnReason.OTHER)


class NewReturnSerializer(StepSerializer):
    """The units to return, and a note."""

    EXAMPLE = {"note": "The lid is cracked."}

    order_id = Identifier()
    items = serializers.ListField(child=NewReturnItemSerializer(), min_length=1, max_length=500)

    def validate_items(self, value: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Refuse an item that is listed twice."""
        return listed_once(value)


class ReceivedItemSerializer(Body):
    """In which condition the units of a line arrived."""

    item_id = Identifier()
    resellable = serializers.IntegerField(min_value=0, max_value=MAX_UNITS, default=0)
    damaged = serializers.IntegerField(min_value=0, max_value=MAX_UNITS, default=0)
    missing = serializers.IntegerField(min_value=0, max_value=MAX_UNITS, default=0)


class ReceiptSerializer(Body):
    """The condition of each unit of a return."""

    EXAMPLE = {"refund_shipping": None}

    refund_shipping = ShippingRefundChoice()
    items = serializers.ListField(child=ReceivedItemSerializer(), min_length=1, max_length=500)

    def validate_items(self, value: list[dict[str, Any]]) -> dict[int, Condition]:
        """Return the conditions by item id; refuse an item that is listed twice."""
        return {item.pop("item_id"): Condition(**item) for item in listed_once(value)}


class ReturnListParameters(PageParameters):
    """The parameters of a list of returns."""

    status = Choice(choices=ReturnStatus.choices, required=False, help_text="Only with this status.")
    order_id = Identifier(required=False, help_text="Only of this order.")


class ReturnItemSerializer(serializers.ModelSerializer[ReturnItem]):
    """Units of an order item in a return; the conditions are 0 until it is received."""

    EXAMPLE = {"quantity": 2, "reason": "DAMAGED", "resellable": 1, "damaged": 1, "missing": 0}

    item_id = serializers.IntegerField()

    class Meta:
        model = ReturnItem
        fields = ["item_id", "quantity", "reason", "resellable", "damaged", "missing"]
        read_only_fields = fields


class ReturnRecordSerializer(serializers.ModelSerializer[Return]):
    """A return; `decision_note` is what staff wrote when they approved or rejected it.

    `refund_shipping` is what staff chose; null leaves it to the shop's rule.
    """

    EXAMPLE = {
        "number": "7K2M-9QXR-4TBC-R1",
        "status": "REFUNDED",
        "note": "The lid is cracked.",
        "decision_note": "",
        "refund_shipping": None,
    }

    items = ReturnItemSerializer(many=True)

    class Meta:
        model = Return
        fields = [
            "id",
            "number",
            "order",
            "status",
            "note",
            "decision_note",
            "refund_shipping",
            "requested_at",
            "decided_at",
            "received_at",
            "refunded_at",
            "items",
        ]
        read_only_fields = fields
