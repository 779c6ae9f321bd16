"""Carts and their items.

A cart reserves no stock, and its prices are those of the variants: they are read when the cart is shown, and
checked under lock at checkout. Changes to items lock the cart's row first.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from backend.api.arrivals import WithArrival
from backend.catalog.models import Variant


class Cart(models.Model):
    """The cart of a customer, or of a guest, who is known by the hash of a cart token."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="cart"
    )
    guest = models.CharField(max_length=64, default="", db_default="", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(db_default=Now(), db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["guest"], name="cart_of_guest_once", condition=~Q(guest="")),
            models.CheckConstraint(
                condition=Q(user__isnull=True) ^ Q(guest=""), name="cart_belongs_to_user_or_guest"
            ),
        ]

    def __str__(self) -> str:
        return f"cart of user {self.user_id}" if self.user_id else f"cart of a guest: {self.guest[:8]}"


class CartItem(WithArrival):
    """Units of a variant, and the list from which the shopper added the product.

    `exposure_id`, `added_at` and `shopper_key` are a claim: that this shopper added the product from that
    list at that time; `device`, `is_bot` and `consent` are the facts of that request. It is stored unchecked;
    reports decide whether the list gets credit for the sale.
    `price_when_added` is the price of a unit when the shopper last changed the line, so that the cart can
    show that it has changed. It is null in rows of an earlier release.
    """

    cart = models.ForeignKey(Cart, on_delete=models.CASCADE, related_name="items")
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="+")
    quantity = models.PositiveIntegerField()
    price_when_added = models.DecimalField(max_digits=14, decimal_places=4, null=True)
    exposure_id = models.UUIDField(null=True)
    added_at = models.DateTimeField()
    shopper_key = models.UUIDField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["cart", "variant"], name="cart_item_once_a_variant"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="cart_item_holds_something"),
        ]
        indexes = [
            models.Index(
                fields=["shopper_key"], name="cart_item_of_shopper", condition=Q(shopper_key__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of variant {self.variant_id}"
