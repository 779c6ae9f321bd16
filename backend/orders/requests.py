"""Query parameters and request bodies of the orders' endpoints."""

from typing import Any, ClassVar

from rest_framework import serializers

from backend.addresses.serializers import AddressSerializer
from backend.api.fields import Choice, Identifier, MoneyInput
from backend.api.parameters import Body, PageParameters
from backend.inventory.serializers import MAX_UNITS
from backend.orders.destinations import ShippingAddressBody
from backend.orders.models import OrderPaymentStatus, OrderStatus, PaymentMethod

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
        help_text="A cash-on-delivery order is confirmed at once, others when they are paid.",
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
        error_messages={"invalid": "Must be the three letters of a currency, such as `USD`."},
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


class ReturnedUnitsSerializer(StepSerializer):
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
