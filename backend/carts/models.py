"""Carts and their items.

A cart reserves no stock and stores no prices: they are read when the cart is shown, and checked under lock at
checkout. Changes to items lock the cart's row first.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q

from backend.catalog.models import Variant


class Cart(models.Model):
    """The cart of a customer."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="cart")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"cart of user {self.user_id}"


class CartItem(models.Model):
    """Units of a variant, and the list from which the shopper added the product.

    `exposure_id`, `added_at` and `shopper_key` are a claim: that this shopper added the product from that
    list at that time. It is stored unchecked; reports decide whether the list gets credit for the sale.
    """

    cart = models.ForeignKey(Cart, on_delete=models.CASCADE, related_name="items")
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="+")
    quantity = models.PositiveIntegerField()
    exposure_id = models.UUIDField(null=True)
    added_at = models.DateTimeField()
    shopper_key = models.UUIDField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["cart", "variant"], name="cart_item_once_a_variant"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="cart_item_holds_something"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of variant {self.variant_id}"
