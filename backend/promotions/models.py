"""Promotions, their codes, and what orders have used of them.

Only a promotion, or a code, with a cap counts its uses in its own row: an order locks that row, and a
promotion of the whole shop would make all orders wait for each other. Each use has a row in any case.
"""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from backend.promotions.rules import Kind, Level, Measure

CODE_LENGTH = 40


class Promotion(models.Model):
    """A promotion. `backend.promotions.rules.Rule` documents what its fields mean.

    A selection is {"products": […], "variants": […], "categories": […], "brands": […], "sellers": […]}: ids,
    and names of brands. `tiers` is a list of [threshold, value], both as text, in the order of thresholds.
    """

    name = models.CharField(max_length=200)
    description = models.CharField(max_length=1_000, blank=True)
    level = models.CharField(max_length=8, choices=Level.choices)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    value = models.DecimalField(max_digits=16, decimal_places=4, default=Decimal(0))
    currency = models.CharField(max_length=3, blank=True)
    tiers = models.JSONField(default=list, blank=True)
    tier_measure = models.CharField(max_length=6, choices=Measure.choices, default=Measure.UNITS)
    buy_units = models.PositiveIntegerField(default=0)
    get_units = models.PositiveIntegerField(default=0)
    target = models.JSONField(default=dict, blank=True)
    bought = models.JSONField(default=dict, blank=True)
    excluded = models.JSONField(default=dict, blank=True)
    code_required = models.BooleanField(default=False)
    priority = models.PositiveIntegerField(default=0)
    stackable = models.BooleanField(default=True)
    exclusive = models.BooleanField(default=False)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    is_flash_sale = models.BooleanField(default=False, db_default=False)
    unit_cap = models.PositiveIntegerField(null=True, blank=True)
    units_used = models.PositiveIntegerField(default=0, db_default=0)
    use_cap = models.PositiveIntegerField(null=True, blank=True)
    uses = models.PositiveIntegerField(default=0, db_default=0)
    customer_use_cap = models.PositiveIntegerField(null=True, blank=True)
    minimum_amount = models.DecimalField(max_digits=16, decimal_places=4, null=True, blank=True)
    minimum_units = models.PositiveIntegerField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    # Of which version and state display prices were computed, as `display_prices` writes it.
    displayed = models.CharField(max_length=40, default="", db_default="", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(unit_cap=None) | Q(units_used__lte=F("unit_cap")),
                name="promotion_units_within_cap",
            ),
            models.CheckConstraint(
                condition=Q(use_cap=None) | Q(uses__lte=F("use_cap")), name="promotion_uses_within_cap"
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")), name="promotion_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(value__gte=0) & (Q(kind=Kind.AMOUNT) | Q(value__lte=100)),
                name="promotion_value_fits_its_kind",
            ),
            models.CheckConstraint(
                condition=~Q(kind=Kind.AMOUNT) | ~Q(currency=""), name="promotion_amount_has_a_currency"
            ),
            models.CheckConstraint(
                condition=Q(is_flash_sale=False) | Q(ends_at__isnull=False, code_required=False),
                name="promotion_flash_sale_ends",
            ),
            models.CheckConstraint(
                condition=Q(level=Level.ITEM) | (Q(unit_cap=None) & ~Q(kind=Kind.BUY_GET)),
                name="promotion_of_units_reduces_items",
            ),
            models.CheckConstraint(
                condition=~Q(kind=Kind.BUY_GET) | Q(buy_units__gt=0, get_units__gt=0),
                name="promotion_buys_and_gets_units",
            ),
        ]
        indexes = [
            models.Index(
                fields=["starts_at"],
                name="promotion_automatic",
                condition=Q(is_active=True, code_required=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PromotionCode(models.Model):
    """A code of a promotion, in capitals. Without `max_uses` it can be used any number of times."""

    promotion = models.ForeignKey(Promotion, on_delete=models.CASCADE, related_name="codes")
    code = models.CharField(max_length=CODE_LENGTH, unique=True)
    max_uses = models.PositiveIntegerField(null=True, blank=True)
    uses = models.PositiveIntegerField(default=0, db_default=0)
    batch = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(max_uses=None) | Q(uses__lte=F("max_uses")), name="promotion_code_uses_within_cap"
            ),
        ]

    def __str__(self) -> str:
        return self.code


class CartCode(models.Model):
    """A code that a customer, or a guest with a cart token, has entered into the cart."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    guest = models.CharField(max_length=64, default="", db_default="", blank=True)
    code = models.ForeignKey(PromotionCode, on_delete=models.CASCADE, related_name="+")
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "code"], name="cart_code_of_user_once", condition=Q(user__isnull=False)
            ),
            models.UniqueConstraint(
                fields=["guest", "code"], name="cart_code_of_guest_once", condition=~Q(guest="")
            ),
            models.CheckConstraint(
                condition=Q(user__isnull=True) ^ Q(guest=""), name="cart_code_belongs_to_user_or_guest"
            ),
        ]

    def __str__(self) -> str:
        return f"code {self.code_id} in a cart"


class CustomerUse(models.Model):
    """How often a customer has used a promotion; `owner` is as `backend.promotions.customers` writes it."""

    promotion = models.ForeignKey(Promotion, on_delete=models.CASCADE, related_name="+")
    owner = models.CharField(max_length=80, db_index=True)
    uses = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["promotion", "owner"], name="promotion_customer_use_once"),
        ]

    def __str__(self) -> str:
        return f"{self.uses} uses of promotion {self.promotion_id}"


class PromotionUse(models.Model):
    """What an order has used of a promotion.

    `is_counted` says that the promotion had a cap and counted the use. `given_back_at` is set when the whole
    order is cancelled, `units_given_back` also when some units are.
    """

    promotion = models.ForeignKey(Promotion, on_delete=models.PROTECT, related_name="used_in")
    order_number = models.CharField(max_length=20, db_index=True)
    code = models.CharField(max_length=CODE_LENGTH, blank=True)
    units = models.PositiveIntegerField(default=0)
    units_given_back = models.PositiveIntegerField(default=0, db_default=0)
    amount = models.DecimalField(max_digits=16, decimal_places=4)
    currency = models.CharField(max_length=3)
    is_counted = models.BooleanField()
    used_at = models.DateTimeField()
    given_back_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["promotion", "order_number"], name="promotion_use_once_an_order"),
            models.CheckConstraint(
                condition=Q(units_given_back__lte=F("units")), name="promotion_use_gives_back_its_units"
            ),
        ]

    def __str__(self) -> str:
        return f"promotion {self.promotion_id} in order {self.order_number}"
