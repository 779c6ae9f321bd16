"""Serializers for orders."""

from decimal import Decimal
from functools import cache
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from backend.addresses.serializers import ADDRESS
from backend.api import money
from backend.api.fields import MoneyOutput
from backend.catalog.serializers import PRODUCT, VARIANT, Attributes
from backend.orders.models import (
    Order,
    OrderItem,
    OrderStatusHistory,
)
from backend.orders.shipment_serializers import ShipmentSerializer
from backend.payments.serializers import PaymentSerializer


class SnapshotSerializer(serializers.Serializer[Any]):
    """The product at the time of the order."""

    EXAMPLE = {
        "title": PRODUCT["title"],
        "brand": PRODUCT["brand"],
        "category": "Home > Kitchen",
        "sku": VARIANT["sku"],
        "variant": VARIANT["name"],
        "attributes": {"colour": "copper", "size": "1.5 litres"},
        "image_url": PRODUCT["image_url"],
    }

    title = serializers.CharField()
    brand = serializers.CharField()
    category = serializers.CharField(help_text="The path of the category.")
    sku = serializers.CharField()
    variant = serializers.CharField(help_text="The name of the variant.")
    attributes = Attributes(help_text="The attributes of the product and the variant.")
    image_url = serializers.CharField(help_text="Empty for a product without images.")


class SaleItemSerializer(serializers.ModelSerializer[OrderItem]):
    """A line of an order, for its seller."""

    EXAMPLE = {
        "cancelled": 0,
        "shipped": 0,
        "delivered": 0,
        "returned": 0,
        "short": 0,
        "unit_price": "89.00",
        "total_price": "89.00",
    }

    product_snapshot = SnapshotSerializer()
    short = serializers.IntegerField(
        help_text="Units that were damaged after they were reserved, and are not replaced yet."
    )
    unit_price = MoneyOutput(currency="order.currency")
    total_price = MoneyOutput(currency="order.currency")

    class Meta:
        model = OrderItem
        fields = [
            "id",
            "product",
            "variant",
            "quantity",
            "cancelled",
            "shipped",
            "delivered",
            "returned",
            "short",
            "unit_price",
            "total_price",
            "product_snapshot",
        ]
        read_only_fields = fields


class OrderItemSerializer(SaleItemSerializer):
    """A line of an order; `product_snapshot` is the product at the time of the order."""

    EXAMPLE = {
        "list_price": "99.00",
        "discount_amount": "0.00",
        "tax_rate": "0.0000",
        "tax_amount": "0.00",
    }

    list_price = MoneyOutput(
        currency="order.currency", allow_null=True, help_text="The price of a unit before its discount."
    )
    discount_amount = MoneyOutput(currency="order.currency", help_text="What promotions took off the line.")
    tax_amount = MoneyOutput(currency="order.currency")

    class Meta(SaleItemSerializer.Meta):
        fields = [
            "id",
            "product",
            "variant",
            "quantity",
            "cancelled",
            "shipped",
            "delivered",
            "returned",
            "short",
            "list_price",
            "unit_price",
            "discount_amount",
            "total_price",
            "tax_rate",
            "tax_amount",
            "product_snapshot",
            "exposure_id",
        ]
        read_only_fields = fields


class OrderStepSerializer(serializers.ModelSerializer[OrderStatusHistory]):
    """A change of an order's status."""

    EXAMPLE = {"note": ""}

    class Meta:
        model = OrderStatusHistory
        fields = ["status", "note", "changed_by", "changed_at"]
        read_only_fields = fields


class ChargeSerializer(serializers.Serializer[Any]):
    """A charge in addition to items, tax and shipping."""

    EXAMPLE = {"code": "gift_wrap", "description": "Gift wrapping", "amount": "5.00"}

    code = serializers.CharField()
    description = serializers.CharField()
    amount = serializers.CharField()


class OrderPromotionSerializer(serializers.Serializer[Any]):
    """What a promotion took off an item, or off shipping."""

    EXAMPLE = {"name": "5 off from 50", "code": "WELCOME5", "amount": "-5.00"}

    name = serializers.CharField(source="description")
    code = serializers.CharField(help_text="Empty for an automatic promotion.")
    item_id = serializers.IntegerField(allow_null=True, help_text="Null for shipping.")
    amount = MoneyOutput(currency="order.currency", help_text="Negative.")


SUMMARY = {
    "order_number": "7K2M-9QXR-4TBC",
    "status": "CONFIRMED",
    "payment_status": "PENDING",
    "payment_method": "COD",
    "currency": "USD",
    "total_amount": "89.00",
}


class OrderSummarySerializer(serializers.ModelSerializer[Order]):
    """An order in a list."""

    EXAMPLE = SUMMARY

    total_amount = MoneyOutput()
    item_count = serializers.IntegerField()
    units = serializers.IntegerField()

    class Meta:
        model = Order
        fields = [
            "id",
            "order_number",
            "status",
            "payment_status",
            "payment_method",
            "currency",
            "total_amount",
            "item_count",
            "units",
            "placed_at",
        ]
        read_only_fields = fields


class OrderSerializer(serializers.ModelSerializer[Order]):
    """An order with its items and its history."""

    EXAMPLE = {
        **SUMMARY,
        "customer_name": "John Doe",
        "customer_phone": "+12125550100",
        "email": "john@example.org",
        "prices_include_tax": False,
        "discount_amount": "5.00",
        "subtotal": "89.00",
        "tax_amount": "0.00",
        "shipping_cost": "0.00",
        "charges": "0.00",
        "charge_lines": [],
        "shipping_method": "standard",
        "shipping_address": ADDRESS,
        "billing_address": {},
        "notes": "Please deliver after 5 PM",
    }

    discount_amount = MoneyOutput(help_text="What promotions took off the items.")
    subtotal = MoneyOutput(help_text="What the items cost after that.")
    promotions = OrderPromotionSerializer(many=True)
    tax_amount = MoneyOutput()
    shipping_cost = MoneyOutput()
    charges = MoneyOutput()
    total_amount = MoneyOutput()
    items = OrderItemSerializer(many=True)
    payments = PaymentSerializer(many=True)
    shipments = ShipmentSerializer(many=True)
    history = OrderStepSerializer(many=True)
    email = serializers.CharField(help_text="Empty for a customer who gave none.")
    shipping_method = serializers.CharField(help_text="The code; empty for orders of earlier releases.")
    shipping_address = serializers.DictField(child=serializers.CharField())
    billing_address = serializers.DictField(
        child=serializers.CharField(), help_text="Empty if it is the shipping address."
    )
    charge_lines = serializers.SerializerMethodField()

    class Meta:
        model = Order
        fields = [
            "id",
            "order_number",
            "user",
            "customer_name",
            "customer_phone",
            "email",
            "status",
            "payment_status",
            "payment_method",
            "currency",
            "prices_include_tax",
            "discount_amount",
            "subtotal",
            "tax_amount",
            "shipping_cost",
            "charges",
            "charge_lines",
            "total_amount",
            "shipping_method",
            "shipping_address",
            "billing_address",
            "notes",
            "placed_at",
            "expires_at",
            "created_at",
            "updated_at",
            "items",
            "promotions",
            "payments",
            "shipments",
            "history",
        ]
        read_only_fields = fields

    @extend_schema_field(ChargeSerializer(many=True))
    def get_charge_lines(self, order: Order) -> list[dict[str, str]]:
        """Return the charges, with amounts in the order's currency."""
        return [
            {**line, "amount": money.written(Decimal(line["amount"]), currency=order.currency)}
            for line in order.charge_lines
        ]


def shown_order(order: Order) -> dict[str, Any]:
    """Return the order as `OrderSerializer` shows it.

    One serializer serves all orders, because making its fields takes six times as long as showing an order.
    """
    return _order_serializer().to_representation(order)


@cache
def _order_serializer() -> OrderSerializer:
    return OrderSerializer()
