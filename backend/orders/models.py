"""Orders, and the movements of units and money from which revenue is computed.

An order's status is derived from the units of its items (`status.py`), and its changes are in its history:

    PENDING ──▶ CONFIRMED ──▶ PARTIALLY_SHIPPED ──▶ SHIPPED ──▶ DELIVERED ──▶ PARTIALLY_RETURNED ──▶ RETURNED
       └────────────┴─▶ CANCELLED

Steps can be skipped, and units can be cancelled until they are shipped.

A cash-on-delivery order is confirmed when it is placed, and paid when it is delivered.

Revenue is computed from movements alone. They are append-only: a SALE is written when an order is confirmed,
a CANCEL when units of it are cancelled, a RETURN when units are returned, and a REFUND when money is refunded
without units. Every change to an order is published as `order`, whose subscribers also read the order's
movements; a movement without an order is published as `movement`. Each transition is published as
`order_step`, with the key of its row in the history.

Locks are always taken in this order: cart → order → variants by id → reservations → payment → request.
Checkout inserts the idempotency key last.
"""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import Combinable
from django.utils.functional import cached_property

from backend.api.arrivals import WithArrival
from backend.catalog.models import Product, Variant
from backend.inventory.models import Reservation
from backend.orders import fulfilment_models, refund_models  # noqa: F401 - models that Django has to know
from backend.payments.models import Payment
from backend.payments.selectors import payments_of
from backend.promotions.models import Promotion


class OrderStatus(models.TextChoices):
    """The status of an order; the module's docstring shows the transitions."""

    PENDING = "PENDING", "placed"
    CONFIRMED = "CONFIRMED", "confirmed"
    PARTIALLY_SHIPPED = "PARTIALLY_SHIPPED", "shipped in part"
    SHIPPED = "SHIPPED", "shipped"
    DELIVERED = "DELIVERED", "delivered"
    PARTIALLY_RETURNED = "PARTIALLY_RETURNED", "returned in part"
    RETURNED = "RETURNED", "returned"
    CANCELLED = "CANCELLED", "cancelled"


class OrderPaymentStatus(models.TextChoices):
    """Whether an order is paid."""

    PENDING = "PENDING", "to be paid"
    AUTHORISED = "AUTHORISED", "authorised, not yet captured"
    PAID = "PAID", "paid"
    PARTLY_REFUNDED = "PARTLY_REFUNDED", "refunded in part"
    REFUNDED = "REFUNDED", "refunded"
    CANCELLED = "CANCELLED", "nothing is to be paid"


class PaymentMethod(models.TextChoices):
    """How an order is paid."""

    COD = "COD", "cash on delivery"
    TEST = "TEST", "the gateway for tests"
    STRIPE = "STRIPE", "Stripe"
    PAYPAL = "PAYPAL", "PayPal"
    ELSEWHERE = "ELSEWHERE", "in the shop that the order was taken over from"


_NET_TOTAL = F("subtotal") + F("shipping_cost") + F("charges")


def _near(amount: Combinable) -> tuple[Combinable, Combinable]:
    """Return the bounds between which a sum equals `amount`, because SQLite adds decimals as floats."""
    return amount - Decimal("0.004"), amount + Decimal("0.004")


class Order(WithArrival):
    """A purchase by a customer, or by a guest (`user` is None), who is known by the hash of a cart token.

    total_amount = subtotal + shipping_cost + charges, plus tax_amount unless the prices include tax.
    `charges` is the sum of `charge_lines`, a list of {code, description, amount} that imported orders may
    have; the sum may be negative. `customer_name` and `customer_phone` are those at the time of the order,
    `device`, `is_bot` and `consent` the facts of the request that placed it. An order that is still PENDING
    at `expires_at` is cancelled; `expired_at` is when that was done, and None for other orders, also for one
    that was paid afterwards.
    """

    order_number = models.CharField(max_length=20, unique=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="orders"
    )
    customer_name = models.CharField(max_length=301, blank=True)
    customer_phone = models.CharField(max_length=20, blank=True)
    guest = models.CharField(max_length=64, default="", db_default="", blank=True)
    email = models.EmailField(default="", db_default="", blank=True)
    status = models.CharField(max_length=18, choices=OrderStatus.choices, default=OrderStatus.PENDING)
    payment_status = models.CharField(
        max_length=15, choices=OrderPaymentStatus.choices, default=OrderPaymentStatus.PENDING
    )
    payment_method = models.CharField(max_length=9, choices=PaymentMethod.choices, default=PaymentMethod.COD)
    currency = models.CharField(max_length=3)
    prices_include_tax = models.BooleanField(default=False, db_default=False)
    subtotal = models.DecimalField(max_digits=16, decimal_places=4)
    tax_amount = models.DecimalField(max_digits=16, decimal_places=4, default=0)
    shipping_cost = models.DecimalField(max_digits=16, decimal_places=4, default=0)
    charges = models.DecimalField(max_digits=16, decimal_places=4, default=0)
    charge_lines = models.JSONField(default=list, blank=True)
    total_amount = models.DecimalField(max_digits=16, decimal_places=4)
    shipping_method = models.CharField(max_length=40, default="", db_default="", blank=True)
    shipping_address = models.JSONField(default=dict, blank=True)
    billing_address = models.JSONField(default=dict, db_default={}, blank=True)
    notes = models.CharField(max_length=1_000, blank=True)
    placed_at = models.DateTimeField(db_index=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    expired_at = models.DateTimeField(null=True, blank=True)
    source = models.CharField(max_length=32, blank=True)
    source_reference = models.CharField(max_length=64, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "source_reference"], name="order_imported_once"),
            models.CheckConstraint(condition=Q(subtotal__gte=0), name="order_subtotal_not_negative"),
            models.CheckConstraint(condition=Q(status__in=OrderStatus.values), name="order_status_is_known"),
            models.CheckConstraint(
                condition=Q(prices_include_tax=True, total_amount__range=_near(_NET_TOTAL))
                | Q(prices_include_tax=False, total_amount__range=_near(_NET_TOTAL + F("tax_amount"))),
                name="order_total_adds_up",
            ),
        ]
        indexes = [
            models.Index(fields=["guest"], name="order_by_guest", condition=~Q(guest="")),
            models.Index(
                fields=["expires_at"], name="order_by_expiry", condition=Q(status=OrderStatus.PENDING)
            ),
        ]

    def __str__(self) -> str:
        return self.order_number

    @cached_property
    def payments(self) -> list[Payment]:
        """The payments, oldest first; orders of earlier releases and of other shops have none."""
        return list(payments_of(self.order_number))

    @property
    def discount_amount(self) -> Decimal:
        """What promotions took off the items."""
        return sum((item.discount_amount for item in self.items.all()), Decimal(0))

    @property
    def promotions(self) -> "list[OrderAdjustment]":
        """What each promotion took off each item, or off shipping."""
        return [row for row in self.adjustments.all() if row.kind == AdjustmentKind.PROMOTION]

    @property
    def item_count(self) -> int:
        """The number of lines."""
        return len(self.items.all())

    @property
    def units(self) -> int:
        """The number of units bought."""
        return sum(item.quantity for item in self.items.all())


class OrderItem(models.Model):
    """A line of an order, with a snapshot of the product.

    `total_price` is what the customer sees: quantity × unit_price - discount_amount, which promotions take
    off. `net_amount` is the same without tax. `list_price` is the price of a unit
    before its own discount. Of the units, `cancelled` and `shipped` don't overlap, `delivered` and `returned`
    were shipped. An order of an earlier release may lack `seller`, `list_price` and `net_amount`.

    `exposure_id`, `cart_added_at` and `shopper_key` are the cart item's claim about the list from which the
    product was added. An imported order holds no stock, so its items have no reservation.
    """

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="items")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+")
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="+")
    reservation = models.OneToOneField(
        Reservation, null=True, on_delete=models.PROTECT, related_name="order_item"
    )
    seller = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    quantity = models.PositiveIntegerField()
    cancelled = models.PositiveIntegerField(default=0, db_default=0)
    shipped = models.PositiveIntegerField(default=0, db_default=0)
    delivered = models.PositiveIntegerField(default=0, db_default=0)
    returned = models.PositiveIntegerField(default=0)
    list_price = models.DecimalField(max_digits=14, decimal_places=4, null=True)
    unit_price = models.DecimalField(max_digits=14, decimal_places=4)
    discount_amount = models.DecimalField(
        max_digits=16, decimal_places=4, default=Decimal(0), db_default=Decimal(0)
    )
    total_price = models.DecimalField(max_digits=16, decimal_places=4)
    tax_class = models.CharField(max_length=20, default="", db_default="", blank=True)
    tax_rate = models.DecimalField(max_digits=7, decimal_places=4, default=Decimal(0), db_default=Decimal(0))
    tax_amount = models.DecimalField(
        max_digits=16, decimal_places=4, default=Decimal(0), db_default=Decimal(0)
    )
    net_amount = models.DecimalField(max_digits=16, decimal_places=4, null=True)
    product_snapshot = models.JSONField(default=dict)
    exposure_id = models.UUIDField(null=True)
    cart_added_at = models.DateTimeField(null=True)
    shopper_key = models.UUIDField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="order_item_holds_something"),
            models.CheckConstraint(
                condition=Q(returned__lte=F("quantity")), name="order_item_returned_within_quantity"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=F("cancelled") + F("shipped")),
                name="order_item_cancelled_or_shipped_once",
            ),
            models.CheckConstraint(
                condition=Q(delivered__lte=F("shipped")), name="order_item_delivered_within_shipped"
            ),
        ]
        indexes = [
            models.Index(
                fields=["shopper_key"], name="order_item_of_shopper", condition=Q(shopper_key__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of variant {self.variant_id}"

    @property
    def net(self) -> Decimal:
        """The line without tax; the total of a line of an earlier release."""
        return self.total_price if self.net_amount is None else self.net_amount

    @property
    def short(self) -> int:
        """The units that were damaged after they were reserved, and are not replaced yet."""
        return self.reservation.short if self.reservation else 0


class AdjustmentKind(models.TextChoices):
    """Why an order costs more or less than its items."""

    PROMOTION = "PROMOTION", "promotion"
    SHIPPING = "SHIPPING", "shipping"
    MANUAL = "MANUAL", "by hand"


class OrderAdjustment(models.Model):
    """What an order costs besides its items, negative for a discount, with its tax.

    A promotion has a row for each item that it reduces by `units`, which `OrderItem.discount_amount` adds up,
    or a row without an item if it reduces shipping. Then the row SHIPPING has the price before it, and the
    tax on what is left.
    """

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="adjustments")
    item = models.ForeignKey(OrderItem, null=True, on_delete=models.CASCADE, related_name="adjustments")
    kind = models.CharField(max_length=9, choices=AdjustmentKind.choices)
    code = models.CharField(max_length=40, blank=True)
    description = models.CharField(max_length=200, blank=True)
    promotion = models.ForeignKey(
        Promotion, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    units = models.PositiveIntegerField(null=True)
    amount = models.DecimalField(max_digits=16, decimal_places=4)
    tax_rate = models.DecimalField(max_digits=7, decimal_places=4, default=Decimal(0))
    tax_amount = models.DecimalField(max_digits=16, decimal_places=4, default=Decimal(0))

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=AdjustmentKind.values), name="order_adjustment_kind_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount} of order {self.order_id}"


class OrderStatusHistory(models.Model):
    """A change of an order's status. Append-only; `changed_by` is None for changes by the system."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="history")
    status = models.CharField(max_length=18, choices=OrderStatus.choices)
    note = models.CharField(max_length=500, blank=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "order status history"

    def __str__(self) -> str:
        return f"order {self.order_id}: {self.status}"


class MovementKind(models.TextChoices):
    """The kind of a movement: gross revenue counts sales, returns count cancels and returns."""

    SALE = "SALE", "sale"
    CANCEL = "CANCEL", "cancel"
    RETURN = "RETURN", "return"
    REFUND = "REFUND", "refund"


class Movement(models.Model):
    """A movement of units and money. Append-only: a mistake is corrected by another movement.

    `quantity` and `amount` are not negative; the kind determines the direction. `amount` is the price of the
    units after discounts, without tax, shipping and charges; that of a REFUND, which has no units, is money
    refunded for items or shipping, without tax. `order` and `order_item` are None for a return without a
    known order; `country` is theirs alone, because that of an order is in its address. `reference` identifies
    an imported movement.
    """

    kind = models.CharField(max_length=6, choices=MovementKind.choices)
    order = models.ForeignKey(Order, null=True, on_delete=models.PROTECT, related_name="movements")
    order_item = models.ForeignKey(OrderItem, null=True, on_delete=models.PROTECT, related_name="movements")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+", db_index=False)
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="+", db_index=False)
    seller = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    category_path = models.CharField(max_length=1_000)
    country = models.CharField(max_length=80, default="", db_default="", blank=True)
    quantity = models.PositiveIntegerField()
    amount = models.DecimalField(max_digits=16, decimal_places=4)
    currency = models.CharField(max_length=3)
    occurred_at = models.DateTimeField()
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    shopper_key = models.UUIDField(null=True)
    exposure_id = models.UUIDField(null=True)
    cart_added_at = models.DateTimeField(null=True)
    reference = models.CharField(max_length=100, null=True, unique=True)

    class Meta:
        indexes = [
            models.Index(fields=["kind", "occurred_at"], name="movement_by_kind_and_time"),
            # Deleting a user looks for movements that this would orphan, and so does erasing one.
            models.Index(fields=["seller"], name="movement_of_seller"),
            models.Index(
                fields=["shopper_key"], name="movement_of_shopper", condition=Q(shopper_key__isnull=False)
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gte=0), name="movement_amount_not_negative"),
            models.CheckConstraint(
                condition=Q(order=None, order_item=None)
                | Q(order__isnull=False, order_item__isnull=False)
                | Q(kind=MovementKind.REFUND),
                name="movement_names_order_and_item",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=[MovementKind.RETURN, MovementKind.REFUND]) | Q(order__isnull=False),
                name="movement_of_sale_has_an_order",
            ),
            models.UniqueConstraint(
                fields=["order_item"], condition=Q(kind=MovementKind.SALE), name="movement_sells_an_item_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.quantity} of {self.variant}"
