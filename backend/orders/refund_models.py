"""Money of an order that the customer gets back without returning units."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class RefundKind(models.TextChoices):
    """What is refunded."""

    GOODWILL = "GOODWILL", "a part of the price of items"
    SHIPPING = "SHIPPING", "shipping"


class GrantedRefund(models.Model):
    """A refund that staff, or the shop's rule about shipping, granted; the payments follow in settlement.

    `amount` is what the customer gets, `tax_amount` the tax in it. Shipping is refunded once, in full.
    """

    order = models.ForeignKey("orders.Order", on_delete=models.CASCADE, related_name="granted_refunds")
    kind = models.CharField(max_length=8, choices=RefundKind.choices)
    amount = models.DecimalField(max_digits=16, decimal_places=4)
    tax_amount = models.DecimalField(max_digits=16, decimal_places=4, default=Decimal(0))
    reason = models.CharField(max_length=500)
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    granted_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=RefundKind.values), name="granted_refund_kind_is_known"
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0, tax_amount__gte=0, tax_amount__lte=F("amount")),
                name="granted_refund_amounts_fit",
            ),
            models.UniqueConstraint(
                fields=["order"],
                condition=Q(kind=RefundKind.SHIPPING),
                name="granted_refund_of_shipping_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount} of order {self.order_id}"


class GrantedRefundLine(models.Model):
    """The part of a refund that belongs to an item, and its movement; the parts add up to the refund."""

    refund = models.ForeignKey(GrantedRefund, on_delete=models.CASCADE, related_name="lines")
    item = models.ForeignKey("orders.OrderItem", on_delete=models.CASCADE, related_name="refunded_in")
    movement = models.OneToOneField("orders.Movement", on_delete=models.PROTECT, related_name="refund_line")
    amount = models.DecimalField(max_digits=16, decimal_places=4)
    tax_amount = models.DecimalField(max_digits=16, decimal_places=4, default=Decimal(0))

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["refund", "item"], name="granted_refund_lists_item_once"),
            models.CheckConstraint(
                condition=Q(amount__gt=0, tax_amount__gte=0, tax_amount__lte=F("amount")),
                name="granted_refund_line_amounts_fit",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} of item {self.item_id}"
