"""Shipments and returns: which units of an order left the shop, and which came back.

The counters of an order's items are the sums of these rows, except for orders of earlier releases, which have
counters only.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class Shipment(models.Model):
    """A parcel with units of one seller. Its number is that of the order with a suffix."""

    order = models.ForeignKey("orders.Order", on_delete=models.CASCADE, related_name="shipments")
    seller = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    number = models.CharField(max_length=30, unique=True)
    carrier = models.CharField(max_length=60, blank=True)
    tracking_number = models.CharField(max_length=100, blank=True)
    shipped_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(delivered_at=None) | Q(delivered_at__gte=F("shipped_at")),
                name="shipment_delivered_after_shipping",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class ShipmentItem(models.Model):
    """Units of an order item in a shipment."""

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="items")
    item = models.ForeignKey("orders.OrderItem", on_delete=models.CASCADE, related_name="shipped_in")
    quantity = models.PositiveIntegerField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["shipment", "item"], name="shipment_lists_item_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="shipment_item_holds_something"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of item {self.item_id}"


class ReturnStatus(models.TextChoices):
    """The status of a return.

        REQUESTED ──▶ APPROVED ──▶ RECEIVED ──▶ REFUNDED

    A return that isn't received yet can be WITHDRAWN, one that isn't approved yet can be REJECTED.
    """

    REQUESTED = "REQUESTED", "requested"
    APPROVED = "APPROVED", "approved"
    REJECTED = "REJECTED", "rejected"
    WITHDRAWN = "WITHDRAWN", "withdrawn by the customer"
    RECEIVED = "RECEIVED", "received"
    REFUNDED = "REFUNDED", "received, and nothing is left to refund"


OPEN_RETURNS = (ReturnStatus.REQUESTED, ReturnStatus.APPROVED)
"""The statuses of a return whose units are still expected."""


class Return(models.Model):
    """Units of an order that the customer sends back. Its number is that of the order with a suffix.

    `refund_shipping` is what staff chose; None leaves it to the shop's rule (`shipping_refunds`).
    """

    order = models.ForeignKey("orders.Order", on_delete=models.CASCADE, related_name="returns")
    number = models.CharField(max_length=30, unique=True)
    status = models.CharField(
        max_length=9, choices=ReturnStatus.choices, default=ReturnStatus.REQUESTED, db_index=True
    )
    note = models.CharField(max_length=500, blank=True)
    decision_note = models.CharField(max_length=500, blank=True)
    refund_shipping = models.BooleanField(null=True)
    requested_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(null=True)
    refunded_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=ReturnStatus.values), name="return_status_is_known"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class ReturnStep(models.Model):
    """A status that a return took. Append-only; each status is taken at most once.

    Returns of earlier releases lack the steps that were taken then.
    """

    return_request = models.ForeignKey(Return, on_delete=models.CASCADE, related_name="steps")
    status = models.CharField(max_length=9, choices=ReturnStatus.choices)
    taken_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["return_request", "status"], name="return_takes_a_status_once"),
        ]

    def __str__(self) -> str:
        return f"return {self.return_request_id}: {self.status}"


class ReturnReason(models.TextChoices):
    """Why a customer returns units."""

    UNWANTED = "UNWANTED", "not wanted any more"
    DEFECTIVE = "DEFECTIVE", "doesn't work"
    DAMAGED = "DAMAGED", "arrived damaged"
    WRONG_ITEM = "WRONG_ITEM", "not what was ordered"
    NOT_AS_DESCRIBED = "NOT_AS_DESCRIBED", "differs from its description"
    OTHER = "OTHER", "another reason"


class ReturnItem(models.Model):
    """Units of an order item in a return.

    `resellable` and `damaged` units came back; `missing` ones were announced and didn't. All are 0 until the
    return is received; then they add up to `quantity`.
    """

    return_request = models.ForeignKey(Return, on_delete=models.CASCADE, related_name="items")
    item = models.ForeignKey("orders.OrderItem", on_delete=models.CASCADE, related_name="returned_in")
    quantity = models.PositiveIntegerField()
    reason = models.CharField(max_length=16, choices=ReturnReason.choices, default=ReturnReason.OTHER)
    resellable = models.PositiveIntegerField(default=0)
    damaged = models.PositiveIntegerField(default=0)
    missing = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["return_request", "item"], name="return_lists_item_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="return_item_holds_something"),
            models.CheckConstraint(
                condition=Q(quantity__gte=F("resellable") + F("damaged") + F("missing")),
                name="return_item_received_within_quantity",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of item {self.item_id}"

    @property
    def received(self) -> int:
        """The units that came back."""
        return self.resellable + self.damaged
