"""Serializers for refunds of money without units."""

from typing import Any

from rest_framework import serializers

from backend.api.fields import MoneyInput, MoneyOutput
from backend.api.parameters import Body
from backend.orders.refund_models import GrantedRefund, GrantedRefundLine


class NewRefundSerializer(Body):
    """The money to refund, and why. At least one of `amount` and `shipping` is needed."""

    EXAMPLE = {
        "amount": "10.00",
        "shipping": False,
        "reason": "The kettle has a scratch; the customer keeps it.",
    }

    amount = MoneyInput(
        required=False,
        help_text="A part of the price of the items, with tax; it is divided among them.",
    )
    shipping = serializers.BooleanField(
        required=False, default=False, help_text="Whether to refund what shipping cost."
    )
    reason = serializers.CharField(max_length=500)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Require that something is refunded."""
        if "amount" not in attrs and not attrs["shipping"]:
            raise serializers.ValidationError({"amount": "Send an amount, or refund shipping."})
        return attrs


class GrantedRefundLineSerializer(serializers.ModelSerializer[GrantedRefundLine]):
    """The part of a refund that belongs to an item."""

    EXAMPLE = {"amount": "10.00", "tax_amount": "0.00"}

    item_id = serializers.IntegerField()
    amount = MoneyOutput(currency="refund.order.currency")
    tax_amount = MoneyOutput(currency="refund.order.currency")

    class Meta:
        model = GrantedRefundLine
        fields = ["item_id", "amount", "tax_amount"]
        read_only_fields = fields


class GrantedRefundSerializer(serializers.ModelSerializer[GrantedRefund]):
    """A refund of money without units; the order's payments show when the money is paid back."""

    EXAMPLE = {
        "kind": "GOODWILL",
        "amount": "10.00",
        "tax_amount": "0.00",
        "reason": "The kettle has a scratch; the customer keeps it.",
    }

    amount = MoneyOutput(currency="order.currency", help_text="What the customer gets, with tax.")
    tax_amount = MoneyOutput(currency="order.currency", help_text="The tax in the amount.")
    lines = GrantedRefundLineSerializer(many=True)

    class Meta:
        model = GrantedRefund
        fields = ["id", "kind", "amount", "tax_amount", "reason", "granted_at", "lines"]
        read_only_fields = fields
