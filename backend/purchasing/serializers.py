"""Serializers for reorder rules and purchase orders."""

from typing import Any

from rest_framework import serializers

from backend.api.fields import Choice, Identifier, MoneyInput, MoneyOutput
from backend.api.parameters import Body, PageParameters
from backend.inventory.serializers import MAX_UNITS
from backend.purchasing.models import (
    PurchaseOrder,
    PurchaseOrderLine,
    PurchaseOrderStatus,
    ReorderRule,
    Supplier,
)

RULE = {"reorder_point": 20, "target_stock": 100, "lead_time_days": 14, "pack_size": 10, "unit_cost": "41.50"}


class SupplierSerializer(serializers.ModelSerializer[Supplier]):
    """A supplier."""

    EXAMPLE = {"id": 1, "name": "Kupfer GmbH"}

    class Meta:
        model = Supplier
        fields = ["id", "name"]
        read_only_fields = fields


class NewSupplierSerializer(Body):
    """A supplier to create."""

    EXAMPLE = {"name": "Kupfer GmbH"}

    name = serializers.CharField(max_length=120)


class ReorderRuleSerializer(serializers.ModelSerializer[ReorderRule]):
    """When and how a variant is reordered; levels that are null come from the forecast."""

    EXAMPLE = {**RULE, "variant": 1, "sku": "K-1", "supplier": 1, "supplier_sku": "4711"}

    sku = serializers.CharField(source="variant.sku")
    unit_cost = MoneyOutput(currency="variant.product.currency", allow_null=True)

    class Meta:
        model = ReorderRule
        fields = [
            "variant",
            "sku",
            "supplier",
            "supplier_sku",
            "reorder_point",
            "target_stock",
            "lead_time_days",
            "pack_size",
            "unit_cost",
        ]
        read_only_fields = fields


class NewReorderRuleSerializer(Body):
    """A reorder rule; a field that is not sent gets its default."""

    EXAMPLE = {**RULE, "supplier_sku": "4711"}

    supplier = Identifier(required=False, allow_null=True, default=None, help_text="The supplier's id.")
    supplier_sku = serializers.CharField(required=False, max_length=64, allow_blank=True, default="")
    reorder_point = serializers.IntegerField(
        required=False,
        allow_null=True,
        default=None,
        min_value=0,
        max_value=MAX_UNITS,
        help_text="Order when no more units are available or on order; null: computed from the forecast.",
    )
    target_stock = serializers.IntegerField(
        required=False,
        allow_null=True,
        default=None,
        min_value=1,
        max_value=MAX_UNITS,
        help_text="Order up to this number of units; null: computed from the forecast.",
    )
    lead_time_days = serializers.IntegerField(required=False, default=14, min_value=0, max_value=365)
    pack_size = serializers.IntegerField(required=False, default=1, min_value=1, max_value=100_000)
    unit_cost = MoneyInput(required=False, allow_null=True, default=None)


class ProposalSerializer(serializers.Serializer[Any]):
    """Units that should be ordered now, and why."""

    EXAMPLE = {
        "variant": 1,
        "sku": "K-1",
        "quantity": 90,
        "available": 14,
        "short": 0,
        "incoming": 0,
        "weekly_demand": 9.25,
        "weekly_deviation": 3.1,
        "weeks_known": 26,
        "reorder_point": 20,
        "target_stock": 100,
    }

    variant = serializers.IntegerField(source="variant.pk")
    sku = serializers.CharField(source="variant.sku")
    quantity = serializers.IntegerField()
    available = serializers.IntegerField()
    short = serializers.IntegerField(help_text="Units that orders lack, because they were damaged.")
    incoming = serializers.IntegerField(help_text="Units of approved and sent purchase orders.")
    weekly_demand = serializers.FloatField(source="expected.weekly")
    weekly_deviation = serializers.FloatField(source="expected.deviation")
    weeks_known = serializers.IntegerField(source="expected.weeks")
    reorder_point = serializers.IntegerField(source="levels.reorder_point")
    target_stock = serializers.IntegerField(source="levels.target")


class PurchaseOrderLineSerializer(serializers.ModelSerializer[PurchaseOrderLine]):
    """Units of a variant in a purchase order."""

    EXAMPLE = {
        "variant": 1,
        "sku": "K-1",
        "title": "Copper kettle",
        "quantity": 90,
        "received": 0,
        "outstanding": 90,
        "supplier_sku": "4711",
        "unit_cost": "41.50",
        "figures": {"weekly_demand": 9.25, "available": 14},
    }

    sku = serializers.CharField(source="variant.sku")
    title = serializers.CharField(source="variant.product.title")
    outstanding = serializers.IntegerField()
    unit_cost = MoneyOutput(currency="variant.product.currency", allow_null=True)
    figures = serializers.DictField(
        child=serializers.FloatField(), help_text="The figures that explain the proposed quantity."
    )

    class Meta:
        model = PurchaseOrderLine
        fields = [
            "variant",
            "sku",
            "title",
            "quantity",
            "received",
            "outstanding",
            "supplier_sku",
            "unit_cost",
            "is_edited",
            "figures",
        ]
        read_only_fields = fields


class PurchaseOrderSerializer(serializers.ModelSerializer[PurchaseOrder]):
    """A purchase order."""

    EXAMPLE = {"number": "PO-1F3A9C02", "status": "DRAFT"}

    supplier = SupplierSerializer(allow_null=True)
    lines = PurchaseOrderLineSerializer(many=True)

    class Meta:
        model = PurchaseOrder
        fields = [
            "number",
            "status",
            "seller",
            "supplier",
            "created_at",
            "approved_at",
            "sent_at",
            "closed_at",
            "lines",
        ]
        read_only_fields = fields


class PurchaseOrderListParameters(PageParameters):
    """The parameters of a list of purchase orders."""

    status = Choice(choices=PurchaseOrderStatus.choices, required=False)


class OrderedUnitsSerializer(Body):
    """Units of a variant; 0 removes the line."""

    variant = Identifier()
    quantity = serializers.IntegerField(min_value=0, max_value=MAX_UNITS)


class DeliveredUnitsSerializer(Body):
    """Delivered units of a variant."""

    variant = Identifier()
    quantity = serializers.IntegerField(min_value=1, max_value=MAX_UNITS)


def _by_variant(items: list[dict[str, int]]) -> dict[int, int]:
    units = {item["variant"]: item["quantity"] for item in items}
    if len(units) < len(items):
        raise serializers.ValidationError("Lists a variant more than once.")
    return units


class ChangedLinesSerializer(Body):
    """New quantities of a draft's lines."""

    EXAMPLE = {"items": [{"variant": 1, "quantity": 80}]}

    items = serializers.ListField(child=OrderedUnitsSerializer(), min_length=1, max_length=1_000)

    def validate_items(self, value: list[dict[str, int]]) -> dict[int, int]:
        """Return the quantities by variant id; refuse a variant that is listed twice."""
        return _by_variant(value)


class DeliverySerializer(Body):
    """A delivery of a purchase order."""

    EXAMPLE = {"items": [{"variant": 1, "quantity": 40}], "accept_excess": False}

    items = serializers.ListField(child=DeliveredUnitsSerializer(), min_length=1, max_length=1_000)
    accept_excess = serializers.BooleanField(
        required=False, default=False, help_text="Also record more units than are outstanding."
    )

    def validate_items(self, value: list[dict[str, int]]) -> dict[int, int]:
        """Return the units by variant id; refuse a variant that is listed twice."""
        return _by_variant(value)
