"""The stock ledger, and reservations of units for orders.

For every variant:

    stock      physical units               = the sum of `effect` of its inventory transactions
    reserved   units held for orders        = the sum of `held_units` of its HELD and COMMITTED reservations
    available  units that can be sold now   = stock - reserved, never below zero

A reservation is HELD for an order that isn't paid yet and may expire, and COMMITTED for a confirmed order.
Its units are shipped or released, all at once or in parts. It ends when it has no units left:

    HELD ──commit──▶ COMMITTED ──fulfil (units leave: an OUT entry)──▶ FULFILLED if any unit was shipped, or
      └─────────────────┴───────release (reserved falls)─────────────▶ RELEASED

Damage may take units that are held. Then reservations are short (short_reservations.py) until units arrive or
become available again; as long as one is short, no unit of the variant is available.

Locks are always taken in this order, here and in other apps: cart → order → variants by id → reservations →
payment → request. They only prevent deadlocks and needless conflicts; conditional UPDATEs and CHECK
constraints guarantee correctness without them.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from backend.catalog.models import Variant


class TransactionType(models.TextChoices):
    """Why stock changed."""

    IN = "IN", "received"
    OUT = "OUT", "shipped"
    ADJUSTMENT = "ADJUSTMENT", "counted differently"
    RETURN = "RETURN", "brought back"
    DAMAGE = "DAMAGE", "broken or lost"


class InventoryTransaction(models.Model):
    """A change of stock. Append-only: a mistake is corrected by an ADJUSTMENT.

    `quantity` is positive, except for an ADJUSTMENT, where it may be negative. `effect` is the signed change
    of stock. `recorded_by` is None for transactions by the system.
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
        return f"{self.effect:+d} {self.variant}, {self.get_transaction_type_display()}"


class AvailabilityChange(models.Model):
    """A variant became available, or ceased to be: its available units became positive, or zero. Append-only.

    The rows of a variant alternate, begin with an available one, and are in order of time by id.
    """

    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="availability_changes")
    is_available = models.BooleanField()
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        state = "available" if self.is_available else "sold out"
        return f"variant {self.variant_id} is {state} since {self.changed_at}"


class StockThreshold(models.Model):
    """The number of available units at or below which a variant is low on stock."""

    variant = models.OneToOneField(Variant, on_delete=models.CASCADE, related_name="stock_threshold")
    units = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.units} units of variant {self.variant_id}"


class StockLevel(models.TextChoices):
    """How much of a variant is available, compared with its threshold."""

    SUFFICIENT = "SUFFICIENT", "above the threshold"
    LOW = "LOW", "at or below the threshold"
    OUT = "OUT", "none available"


class KnownStockLevel(models.Model):
    """A variant's level when it was last compared with its threshold; a difference from it is an alert."""

    variant = models.OneToOneField(Variant, on_delete=models.CASCADE, related_name="known_stock_level")
    level = models.CharField(max_length=10, choices=StockLevel.choices)

    def __str__(self) -> str:
        return f"{self.level} of variant {self.variant_id}"


class StockAlert(models.Model):
    """A change of a variant's level. Append-only."""

    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="stock_alerts")
    level = models.CharField(max_length=10, choices=StockLevel.choices)
    previous_level = models.CharField(max_length=10, choices=StockLevel.choices)
    available = models.PositiveIntegerField()
    threshold = models.PositiveIntegerField()
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(level=F("previous_level")), name="stock_alert_is_a_change"),
        ]

    def __str__(self) -> str:
        return f"{self.variant}: {self.get_level_display()}"


class BackInStockSubscription(models.Model):
    """A request to be notified once when a variant is available again; deleted when it is fulfilled."""

    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="back_in_stock_subscriptions")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="back_in_stock_subscriptions"
    )
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "variant"], name="subscribed_once_to_a_variant"),
        ]

    def __str__(self) -> str:
        return f"user {self.user_id} waits for variant {self.variant_id}"


class BackInStock(models.Model):
    """A variant that a user had subscribed to became available. Append-only."""

    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    subscribed_at = models.DateTimeField()
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"variant {self.variant_id} is available again for user {self.user_id}"


class ReservationState(models.TextChoices):
    """The state of a reservation; the module's docstring shows the transitions."""

    HELD = "HELD", "held until it is paid"
    COMMITTED = "COMMITTED", "held"
    FULFILLED = "FULFILLED", "shipped"
    RELEASED = "RELEASED", "given back"


LIVE = (ReservationState.HELD, ReservationState.COMMITTED)
"""The states in which a reservation holds units."""


class Reservation(models.Model):
    """Units of a variant that are held for an order item; `reference` is the order's number.

    Of `quantity` units, `fulfilled` were shipped and `released` are available again; a row that an earlier
    release closed has zero in both. Of the others, `short` were damaged and not replaced yet.
    """

    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="reservations")
    quantity = models.PositiveIntegerField()
    state = models.CharField(
        max_length=9, choices=ReservationState.choices, default=ReservationState.COMMITTED
    )
    reference = models.CharField(max_length=100)
    fulfilled = models.PositiveIntegerField(default=0, db_default=0)
    released = models.PositiveIntegerField(default=0, db_default=0)
    short = models.PositiveIntegerField(default=0, db_default=0)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="reservation_holds_something"),
            models.CheckConstraint(
                condition=Q(state__in=LIVE, closed_at=None, quantity__gt=F("fulfilled") + F("released"))
                | (~Q(state__in=LIVE) & Q(closed_at__isnull=False)),
                name="reservation_closed_when_over",
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=F("fulfilled") + F("released")),
                name="reservation_units_within_quantity",
            ),
            models.CheckConstraint(
                condition=Q(short=0)
                | Q(state__in=LIVE, quantity__gte=F("fulfilled") + F("released") + F("short")),
                name="reservation_short_of_live_units",
            ),
        ]
        indexes = [
            models.Index(fields=["variant"], condition=Q(short__gt=0), name="reservation_short"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of variant {self.variant_id} for {self.reference}: {self.state}"

    @property
    def live_units(self) -> int:
        """The units that are still to be shipped or released."""
        return self.quantity - self.fulfilled - self.released if self.state in LIVE else 0

    @property
    def held_units(self) -> int:
        """The live units that are in stock."""
        return self.live_units - self.short


class ReservationShortage(models.Model):
    """A change of the number of units that a reservation lacks. Append-only."""

    reservation = models.ForeignKey(Reservation, on_delete=models.PROTECT, related_name="shortages")
    previous_short = models.PositiveIntegerField()
    short = models.PositiveIntegerField()
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(short=F("previous_short")), name="reservation_shortage_is_a_change"
            ),
        ]

    def __str__(self) -> str:
        return f"reservation {self.reservation_id} lacks {self.short} units"
