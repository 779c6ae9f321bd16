"""The stock ledger, and units held for orders.

For every variant, always:

    stock      what is physically there     = the sum of `effect` over its inventory transactions
    reserved   what of it is held           = the sum of `quantity` over its COMMITTED reservations
    available  what can be sold now         = stock - reserved, never below zero

A reservation is held until the units leave or are not wanted any more:

    COMMITTED ──fulfil (units leave: an OUT entry)──▶ FULFILLED
        └──────release (reserved falls)─────────────▶ RELEASED

Locks are taken in one order, here and in every room above: idempotency key → cart → order → variants by id →
reservations. They only keep writers from failing each other; what is right is decided by conditional UPDATEs
and CHECK constraints, which hold without any lock.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q

from backend.catalog.models import Variant


class TransactionType(models.TextChoices):
    """Why units came or went."""

    IN = "IN", "received"
    OUT = "OUT", "shipped"
    ADJUSTMENT = "ADJUSTMENT", "counted differently"
    RETURN = "RETURN", "brought back"
    DAMAGE = "DAMAGE", "broken or lost"


class InventoryTransaction(models.Model):
    """One movement in the ledger. Append-only: a mistake is corrected by an ADJUSTMENT.

    `quantity` counts units and is positive; only an ADJUSTMENT, being a difference, may be negative. `effect`
    is the same with the sign that it has on stock. `recorded_by` is None where the shop itself recorded it.
    """

    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="inventory_transactions")
    transaction_type = models.CharField(max_length=10, choices=TransactionType.choices)
    quantity = models.IntegerField()
    effect = models.IntegerField()
    reference = models.CharField(max_length=100, blank=True)
    notes = models.CharField(max_length=500, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    recorded_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(transaction_type__in=[TransactionType.IN, TransactionType.RETURN], effect__gt=0)
                | Q(transaction_type__in=[TransactionType.OUT, TransactionType.DAMAGE], effect__lt=0)
                | (Q(transaction_type=TransactionType.ADJUSTMENT) & ~Q(effect=0)),
                name="inventory_effect_fits_type",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.transaction_type} {self.effect:+d} of variant {self.variant_id}"


class ReservationState(models.TextChoices):
    """Where a reservation stands; the module's docstring has the way between them."""

    COMMITTED = "COMMITTED", "held"
    FULFILLED = "FULFILLED", "shipped"
    RELEASED = "RELEASED", "given back"


class Reservation(models.Model):
    """Units of a variant that are held for an order item; `reference` names the order for people."""

    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="reservations")
    quantity = models.PositiveIntegerField()
    state = models.CharField(
        max_length=9, choices=ReservationState.choices, default=ReservationState.COMMITTED
    )
    reference = models.CharField(max_length=100)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="reservation_holds_something"),
            models.CheckConstraint(
                condition=Q(state=ReservationState.COMMITTED, closed_at=None)
                | (~Q(state=ReservationState.COMMITTED) & Q(closed_at__isnull=False)),
                name="reservation_closed_when_over",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of variant {self.variant_id} for {self.reference}: {self.state}"
