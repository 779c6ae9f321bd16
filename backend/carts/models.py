"""What customers mean to buy.

A cart holds no stock and no price: both are looked up whenever it is shown, and checked under lock when it is
ordered. The lock of a cart is its own row; whoever changes its items takes it first.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q

from backend.catalog.models import Variant


class Cart(models.Model):
    """A customer's one cart."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="cart")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"cart of user {self.user_id}"


class CartItem(models.Model):
    """So many units of a variant, and what brought them here.

    `exposure_id`, `added_at` and `shopper_key` belong together: they are the claim that this shopper took the
    product from that list at that time. The id is unchecked; reports decide whether the claim earns credit.
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
