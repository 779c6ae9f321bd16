"""Serializers for shipments."""

from rest_framework import serializers

from backend.orders.fulfilment_models import Shipment, ShipmentItem

SHIPMENT = {"number": "7K2M-9QXR-4TBC-1", "carrier": "DHL", "tracking_number": "00340434161094042557"}


class ShipmentItemSerializer(serializers.ModelSerializer[ShipmentItem]):
    """Units of an order item in a shipment."""

    item_id = serializers.IntegerField()

    class Meta:
        model = ShipmentItem
        fields = ["item_id", "quantity"]
        read_only_fields = fields


class ShipmentSerializer(serializers.ModelSerializer[Shipment]):
    """A parcel with units of one seller."""

    EXAMPLE = SHIPMENT

    items = ShipmentItemSerializer(many=True)

    class Meta:
        model = Shipment
        fields = [
            "id",
            "number",
            "seller",
            "carrier",
            "tracking_number",
            "shipped_at",
            "delivered_at",
            "items",
        ]
        read_only_fields = fields
