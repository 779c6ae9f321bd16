"""Serializers for inventory transactions."""

from typing import Any

from rest_framework import serializers

from backend.api.fields import Choice, Identifier
from backend.api.parameters import Body, PageParameters
from backend.catalog.models import Variant
from backend.inventory.alerts import own_threshold_of, threshold_of
from backend.inventory.models import (
    LIVE,
    BackInStockSubscription,
    InventoryTransaction,
    Reservation,
    StockAlert,
    StockLevel,
    TransactionType,
)

MAX_UNITS = 1_000_000
TRANSACTION = {
    "transaction_type": "IN",
    "quantity": 100,
    "reference": "PO-2024-001",
    "notes": "Initial stock",
}


class TransactionListParameters(PageParameters):
    """The parameters of a list of inventory transactions."""

    product = Identifier(required=False, help_text="The product's id.")
    variant = Identifier(required=False, help_text="The variant's id.")
    transaction_type = Choice(choices=TransactionType.choices, required=False)


class NewTransactionSerializer(Body):
    """A transaction to record; for a product with a single variant, the product's id is enough."""

    EXAMPLE = {**TRANSACTION, "product": 1}

    product = Identifier(required=False)
    variant = Identifier(required=False)
    transaction_type = Choice(choices=TransactionType.choices)
    quantity = serializers.IntegerField(
        min_value=-MAX_UNITS,
        max_value=MAX_UNITS,
        help_text="The number of units, 1 or more; for an ADJUSTMENT the difference, which may be negative.",
    )
    reference = serializers.CharField(required=False, max_length=100, allow_blank=True, default="")
    notes = serializers.CharField(required=False, max_length=500, allow_blank=True, default="")


class InventoryTransactionSerializer(serializers.ModelSerializer[InventoryTransaction]):
    """A transaction in the ledger; `effect` is the change of stock."""

    EXAMPLE = {**TRANSACTION, "sku": "K-1", "effect": 100}

    product = serializers.IntegerField(source="variant.product_id")
    sku = serializers.CharField(source="variant.sku")
    timestamp = serializers.DateTimeField(source="recorded_at")

    class Meta:
        model = InventoryTransaction
        fields = [
            "id",
            "product",
            "variant",
            "sku",
            "transaction_type",
            "quantity",
            "effect",
            "reference",
            "notes",
            "recorded_by",
            "timestamp",
        ]
        read_only_fields = fields


class AlertListParameters(PageParameters):
    """The parameters of a list of stock alerts."""

    product = Identifier(required=False, help_text="The product's id.")
    variant = Identifier(required=False, help_text="The variant's id.")
    level = Choice(choices=StockLevel.choices, required=False)


class StockAlertSerializer(serializers.ModelSerializer[StockAlert]):
    """A change of a variant's stock level."""

    EXAMPLE = {
        "sku": "K-1",
        "title": "Copper kettle",
        "level": "LOW",
        "previous_level": "SUFFICIENT",
        "available": 4,
        "threshold": 5,
    }

    product = serializers.IntegerField(source="variant.product_id")
    sku = serializers.CharField(source="variant.sku")
    title = serializers.CharField(source="variant.product.title")

    class Meta:
        model = StockAlert
        fields = [
            "id",
            "product",
            "variant",
            "sku",
            "title",
            "level",
            "previous_level",
            "available",
            "threshold",
            "created_at",
        ]
        read_only_fields = fields


class ShortageListParameters(PageParameters):
    """The parameters of a list of order items that lack units."""

    product = Identifier(required=False, help_text="The product's id.")
    variant = Identifier(required=False, help_text="The variant's id.")


class ShortageSerializer(serializers.ModelSerializer[Reservation]):
    """Units of an order that were damaged and not replaced yet."""

    EXAMPLE = {
        "order_number": "7K2M-9QXR-4TBC",
        "sku": "K-1",
        "title": "Copper kettle",
        "state": "COMMITTED",
        "quantity": 2,
        "held": 1,
        "short": 1,
    }

    order_number = serializers.CharField(source="reference")
    product = serializers.IntegerField(source="variant.product_id")
    sku = serializers.CharField(source="variant.sku")
    title = serializers.CharField(source="variant.product.title")
    state = Choice(
        choices=[(state.value, state.label) for state in LIVE],
        help_text="HELD for an order that isn't paid yet, COMMITTED for a confirmed one.",
    )
    quantity = serializers.IntegerField(source="live_units", help_text="Units that are still to be shipped.")
    held = serializers.IntegerField(source="held_units", help_text="Those of them that can be shipped now.")
    reserved_at = serializers.DateTimeField(source="created_at")

    class Meta:
        model = Reservation
        fields = [
            "order_number",
            "product",
            "variant",
            "sku",
            "title",
            "state",
            "quantity",
            "held",
            "short",
            "reserved_at",
        ]
        read_only_fields = fields


class NewStockThresholdSerializer(Body):
    """The threshold of a variant to set."""

    EXAMPLE = {"threshold": 5}

    threshold = serializers.IntegerField(
        min_value=0,
        max_value=MAX_UNITS,
        allow_null=True,
        help_text="Available units at or below which stock is low; null for the shop's threshold.",
    )


class StockThresholdSerializer(serializers.Serializer[Variant]):
    """The threshold of a variant."""

    EXAMPLE = {"variant": 1, "sku": "K-1", "threshold": None, "effective_threshold": 5}

    variant = serializers.IntegerField(source="pk")
    sku = serializers.CharField()
    threshold = serializers.SerializerMethodField(help_text="The variant's own; null: the shop's is used.")
    effective_threshold = serializers.SerializerMethodField(
        help_text="Available units at or below which stock is low."
    )

    def get_threshold(self, variant: Variant) -> int | None:
        """Return the variant's own threshold."""
        return own_threshold_of(variant)

    def get_effective_threshold(self, variant: Variant) -> int:
        """Return the threshold that alerts use."""
        return threshold_of(variant)


class StockParameters(PageParameters):
    """The parameters of a list of stock."""

    at = serializers.DateTimeField(
        required=False, help_text="A past time, as 2026-03-01T00:00:00Z; by default now."
    )
    product = Identifier(required=False, help_text="The product's id.")


class StockSerializer(serializers.Serializer[Any]):
    """The stock of a variant at a time, from the ledger."""

    EXAMPLE = {"variant": 1, "product": 1, "sku": "K-1", "stock": 15}

    variant = serializers.IntegerField()
    product = serializers.IntegerField()
    sku = serializers.CharField()
    stock = serializers.IntegerField()


class NewSubscriptionSerializer(Body):
    """A variant to subscribe to; may be left out if the product has only one."""

    EXAMPLE = {"variant_id": 1}

    variant_id = Identifier(required=False)


class EndedSubscriptionParameters(serializers.Serializer[Any]):
    """The parameters of ending subscriptions."""

    variant_id = Identifier(required=False, help_text="The variant's id; by default all of the product.")


class BackInStockSubscriptionSerializer(serializers.ModelSerializer[BackInStockSubscription]):
    """A subscription to a variant that is out of stock."""

    EXAMPLE = {"sku": "K-1", "title": "Copper kettle"}

    product = serializers.IntegerField(source="variant.product_id")
    sku = serializers.CharField(source="variant.sku")
    title = serializers.CharField(source="variant.product.title")

    class Meta:
        model = BackInStockSubscription
        fields = ["product", "variant", "sku", "title", "created_at"]
        read_only_fields = fields
