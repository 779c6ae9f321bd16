"""Serializers for orders."""

from decimal import Decimal
from functools import cache
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from backend.addresses.serializers import ADDRESS, AddressSerializer
from backend.api import money
from backend.api.fields import Choice, Identifier, MoneyInput, MoneyOutput
from backend.api.parameters import Body, PageParameters
from backend.catalog.serializers import PRODUCT, VARIANT, Attributes
from backend.inventory.serializers import MAX_UNITS
from backend.orders.destinations import ShippingAddressBody
from backend.orders.models import (
    Order,
    OrderItem,
    OrderPaymentStatus,
    OrderStatus,
    OrderStatusHistory,
    PaymentMethod,
)
from backend.orders.shipment_serializers import ShipmentSerializer
from backend.payments.serializers import PaymentSerializer

CHECKOUT_METHODS = [choice for choice in PaymentMethod.choices if choice[0] != PaymentMethod.ELSEWHERE]


class CheckoutSerializer(ShippingAddressBody):
    """The shipping address and options of an order."""

    EXAMPLE = {
        "email": "john@example.org",
        "shipping_method": "standard",
        "payment_method": "COD",
        "payment_options": {},
        "notes": "Please deliver after 5 PM",
        "expected_total": "89.00",
        "expected_currency": "USD",
    }

    billing_address = AddressSerializer(
        required=False, help_text="Where the invoice goes; the shipping address if it is left out."
    )
    email = serializers.EmailField(
        required=False, allow_blank=True, default="", help_text="Required of guests."
    )
    shipping_method = serializers.CharField(
        max_length=40,
        required=False,
        allow_blank=True,
        default="",
        help_text="The code of a shipping method; by default the cheapest one.",
    )
    payment_method = Choice(
        choices=CHECKOUT_METHODS,
        default=PaymentMethod.COD,
        help_text="An order in cash on delivery is confirmed at once, others when they are paid.",
    )
    payment_options = serializers.DictField(
        child=serializers.CharField(max_length=200),
        required=False,
        help_text="Options of the payment gateway; the test gateway has `scenario`.",
    )
    notes = serializers.CharField(max_length=1_000, required=False, allow_blank=True, default="")
    expected_total = MoneyInput(
        required=False,
        help_text="The total that was shown to the customer; the order is refused if its total differs.",
    )
    expected_currency = serializers.RegexField(
        r"^[A-Z]{3}$",
        required=False,
        allow_blank=True,
        default="",
        help_text="The currency of that total; the order is refused if its currency differs.",
    )


class StepSerializer(Body):
    """A note on a change of an order's status."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"note": "By phone"}

    note = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class UnitsSerializer(Body):
    """Units of an order item."""

    item_id = Identifier()
    quantity = serializers.IntegerField(min_value=1, max_value=MAX_UNITS)


def listed_once(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the items of a request; refuse one that is listed twice."""
    if len({item["item_id"] for item in items}) < len(items):
        raise serializers.ValidationError("Lists an item more than once.")
    return items


class ShippingRefundChoice(serializers.BooleanField):
    """Whether a return refunds shipping."""

    def __init__(self) -> None:
        """Make the field optional."""
        super().__init__(
            required=False,
            allow_null=True,
            default=None,
            help_text="Whether to refund shipping, too; by default the setting REFUND_SHIPPING decides.",
        )


class ReturnSerializer(StepSerializer):
    """Returned items and a note."""

    EXAMPLE = {**StepSerializer.EXAMPLE, "refund_shipping": None}

    items = serializers.ListField(child=UnitsSerializer(), min_length=1, max_length=500)
    refund_shipping = ShippingRefundChoice()

    def validate_items(self, value: list[dict[str, int]]) -> dict[int, int]:
        """Return the units by item id; refuse an item that is listed twice."""
        return {item["item_id"]: item["quantity"] for item in listed_once(value)}


class OrderListParameters(PageParameters):
    """The parameters of an order list."""

    status = Choice(choices=OrderStatus.choices, required=False, help_text="Only with this status.")
    payment_status = Choice(
        choices=OrderPaymentStatus.choices, required=False, help_text="Only with this payment status."
    )
    order_number = serializers.CharField(
        max_length=20, required=False, help_text="Only the order with this number."
    )
    placed_from = serializers.DateField(required=False, help_text="The first day, in UTC.")
    placed_to = serializers.DateField(required=False, help_text="The last day, in UTC.")
    customer = serializers.CharField(
        min_length=3,
        max_length=100,
        required=False,
        help_text="A part of the customer's name, phone number or e-mail address.",
    )
    short = serializers.BooleanField(
        required=False,
        default=False,
        help_text="Only orders that can't be shipped in full, because reserved units were damaged.",
    )


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
    discount_amount = MoneyOutput(
        currency="order.currency", help_text="The line's share in discounts of the whole order."
    )
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

    subtotal = MoneyOutput()
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
