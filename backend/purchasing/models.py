"""Reorder rules and purchase orders.

A purchase order is drafted from the rules, approved by a user, sent, and received in one or more
deliveries, each of which is an IN entry of the stock ledger:

    DRAFT ──approve──▶ APPROVED ──send──▶ SENT ──last unit received──▶ RECEIVED
      │                    │               │
      └───────cancel───────┴────cancel─────┴──▶ CANCELLED, or RECEIVED if some units had come

Locks are taken in the order reorder rules → purchase order → variants (by id). Rules are locked while drafts
are made, so that a variant is never ordered twice for the same need.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from backend.catalog.models import Variant


class Supplier(models.Model):
    """A company from which a seller buys."""

    seller = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="suppliers")
    name = models.CharField(max_length=120)

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["seller", "name"], name="supplier_name_unique")]

    def __str__(self) -> str:
        return self.name


class ReorderRule(models.Model):
    """When and how a variant is reordered; a variant without a rule is not.

    Without `reorder_point` or `target_stock` the forecast determines them. Quantities are multiples of
    `pack_size`.
    """

    variant = models.OneToOneField(Variant, on_delete=models.CASCADE, related_name="reorder_rule")
    supplier = models.ForeignKey(
        Supplier, null=True, blank=True, on_delete=models.PROTECT, related_name="reorder_rules"
    )
    supplier_sku = models.CharField(max_length=64, blank=True)
    reorder_point = models.PositiveIntegerField(null=True, blank=True)
    target_stock = models.PositiveIntegerField(null=True, blank=True)
    lead_time_days = models.PositiveSmallIntegerField(default=14)
    pack_size = models.PositiveIntegerField(default=1)
    unit_cost = models.DecimalField(max_digits=14, decimal_places=4, null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(pack_size__gt=0), name="reorder_pack_size_positive"),
            models.CheckConstraint(
                condition=Q(target_stock=None)
                | Q(reorder_point=None)
                | Q(target_stock__gt=F("reorder_point")),
                name="reorder_target_above_point",
            ),
            models.CheckConstraint(
                condition=Q(unit_cost=None) | Q(unit_cost__gte=0), name="reorder_cost_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"reorder rule of {self.variant}"


class PurchaseOrderStatus(models.TextChoices):
    """The status of a purchase order; the module's docstring shows the transitions."""

    DRAFT = "DRAFT", "draft"
    APPROVED = "APPROVED", "approved"
    SENT = "SENT", "sent"
    RECEIVED = "RECEIVED", "received"
    CANCELLED = "CANCELLED", "cancelled"


ORDERED = (PurchaseOrderStatus.APPROVED, PurchaseOrderStatus.SENT)
"""Statuses in which units are expected from the supplier."""


class PurchaseOrder(models.Model):
    """Units that a seller orders from a supplier."""

    number = models.CharField(max_length=20, unique=True)
    seller = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="purchase_orders"
    )
    supplier = models.ForeignKey(
        Supplier, null=True, blank=True, on_delete=models.PROTECT, related_name="purchase_orders"
    )
    status = models.CharField(
        max_length=9, choices=PurchaseOrderStatus.choices, default=PurchaseOrderStatus.DRAFT
    )
    created_at = models.DateTimeField()
    approved_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["seller", "supplier"], condition=Q(status="DRAFT"), name="one_draft_a_supplier"
            ),
            models.UniqueConstraint(
                fields=["seller"],
                condition=Q(status="DRAFT", supplier=None),
                name="one_draft_without_supplier",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.status}"


class PurchaseOrderLine(models.Model):
    """Units of a variant in a purchase order; `figures` explain the quantity that was proposed.

    A draft's line follows the proposals until a user changes its quantity (`is_edited`).
    """

    order = models.ForeignKey(PurchaseOrder, on_delete=models.CASCADE, related_name="lines")
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="purchase_order_lines")
    quantity = models.PositiveIntegerField()
    received = models.PositiveIntegerField(default=0)
    supplier_sku = models.CharField(max_length=64, blank=True)
    unit_cost = models.DecimalField(max_digits=14, decimal_places=4, null=True, blank=True)
    figures = models.JSONField(default=dict, blank=True)
    is_edited = models.BooleanField(default=False)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["order", "variant"], name="purchase_order_variant_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="purchase_order_line_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of variant {self.variant_id}"

    @property
    def outstanding(self) -> int:
        """The units that are still expected."""
        return max(0, self.quantity - self.received)
