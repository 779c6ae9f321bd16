"""The ledger as it comes in and goes out."""

from rest_framework import serializers

from backend.api.fields import Choice, Identifier
from backend.api.parameters import Body, PageParameters
from backend.inventory.models import InventoryTransaction, TransactionType

MOST_UNITS = 1_000_000
TRANSACTION = {
    "transaction_type": "IN",
    "quantity": 100,
    "reference": "PO-2024-001",
    "notes": "Initial stock",
}


class TransactionListParameters(PageParameters):
    """The parameters of a list of inventory transactions."""

    product = Identifier(required=False)
    variant = Identifier(required=False)
    transaction_type = Choice(choices=TransactionType.choices, required=False)


class NewTransactionSerializer(Body):
    """A movement to be recorded. A product alone means its only variant."""

    EXAMPLE = {**TRANSACTION, "product": 1}

    product = Identifier(required=False)
    variant = Identifier(required=False)
    transaction_type = Choice(choices=TransactionType.choices)
    quantity = serializers.IntegerField(
        min_value=-MOST_UNITS,
        max_value=MOST_UNITS,
        help_text="Units, 1 or more; for an ADJUSTMENT the difference, which may be negative.",
    )
    reference = serializers.CharField(required=False, max_length=100, allow_blank=True, default="")
    notes = serializers.CharField(required=False, max_length=500, allow_blank=True, default="")


class InventoryTransactionSerializer(serializers.ModelSerializer[InventoryTransaction]):
    """A movement in the ledger; `effect` is the quantity with its sign."""

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
