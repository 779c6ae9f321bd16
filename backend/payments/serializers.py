"""Serializers for payments."""

from typing import Any

from rest_framework import serializers

from backend.api.fields import Choice, MoneyOutput
from backend.api.parameters import PageParameters
from backend.payments.models import Payment, PaymentEvent, PaymentRequest, PaymentStatus

_PAYMENT = {
    "id": "0195568f-1e00-7c3a-8d7f-9a1b2c3d4e5f",
    "order_number": "A1B2C3D4E5",
    "gateway": "stripe",
    "status": "CAPTURED",
    "currency": "USD",
    "client_data": {},
}
_FIELDS = [
    "id",
    "order_number",
    "gateway",
    "status",
    "currency",
    "amount",
    "authorised",
    "captured",
    "refunded",
    "client_data",
    "expires_at",
    "created_at",
]


class PaymentSerializer(serializers.ModelSerializer[Payment]):
    """A payment of an order."""

    EXAMPLE = _PAYMENT

    amount = MoneyOutput()
    authorised = MoneyOutput(help_text="What can still be captured.")
    captured = MoneyOutput(help_text="The total that was captured.")
    refunded = MoneyOutput(help_text="The total that was refunded.")
    client_data = serializers.DictField(
        child=serializers.CharField(),
        help_text="What a storefront needs to let the customer pay; empty if the customer has nothing to do. "
        "Stripe: `client_secret`, `publishable_key`. PayPal: `approve_url`.",
    )

    class Meta:
        model = Payment
        fields = _FIELDS
        read_only_fields = fields


class PaymentEventSerializer(serializers.ModelSerializer[PaymentEvent]):
    """Something that happened to a payment."""

    EXAMPLE = {
        "kind": "CAPTURED",
        "currency": "USD",
        "gateway_reference": "pi_3Qx",
        "problem": "",
        "message": "",
    }

    amount = MoneyOutput()
    problem = serializers.CharField(
        help_text="Why the event contradicts the payment and changes no sum: `AMOUNT_DIFFERS`, "
        "`CURRENCY_DIFFERS` or `CONTRADICTS`; else empty."
    )

    class Meta:
        model = PaymentEvent
        fields = [
            "kind",
            "amount",
            "currency",
            "gateway_reference",
            "problem",
            "message",
            "occurred_at",
            "recorded_at",
        ]
        read_only_fields = fields


class PaymentRequestSerializer(serializers.ModelSerializer[PaymentRequest]):
    """A request to a gateway."""

    EXAMPLE = {"state": "SUCCEEDED", "kind": "AUTHORISE", "reason": "", "error": "", "attempts": 1}

    amount = MoneyOutput(currency="payment.currency")

    class Meta:
        model = PaymentRequest
        fields = [
            "id",
            "kind",
            "amount",
            "state",
            "reason",
            "attempts",
            "next_attempt_at",
            "error",
            "created_at",
            "finished_at",
        ]
        read_only_fields = fields


class PaymentRecordSerializer(PaymentSerializer):
    """A payment with its events and requests, for staff."""

    EXAMPLE = {**_PAYMENT, "gateway_reference": "pi_3Qx"}

    events = PaymentEventSerializer(many=True)
    requests = PaymentRequestSerializer(many=True)

    class Meta(PaymentSerializer.Meta):
        fields = [*_FIELDS, "gateway_reference", "needs_attention", "events", "requests"]
        read_only_fields = fields


class PaymentFilters(PageParameters):
    """The parameters of the list of payments."""

    status = Choice(choices=PaymentStatus.choices, required=False, help_text="Only with this status.")
    gateway = serializers.CharField(required=False, max_length=16, help_text="Only by this gateway.")
    order_number = serializers.CharField(required=False, max_length=32, help_text="Only of this order.")
    needs_attention = serializers.BooleanField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Only payments that need, or don't need, an operator.",
    )
    created_from = serializers.DateTimeField(required=False, help_text="Created at this time or later.")
    created_to = serializers.DateTimeField(required=False, help_text="Created before this time.")


class WebhookSerializer(serializers.Serializer[Any]):
    """An event as the gateway sends it; its signature is checked before anything in it is read."""

    EXAMPLE = {"id": "evt_3Qx"}

    id = serializers.CharField(required=False)


class WebhookReceiptSerializer(serializers.Serializer[Any]):
    """What became of a webhook."""

    EXAMPLE = {"recorded": 1}

    recorded = serializers.IntegerField(help_text="How many events are new; 0 for a repetition.")
