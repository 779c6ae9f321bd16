"""Wish lists and their items."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from backend.catalog.models import Product, Variant


class WishList(models.Model):
    """A list of a customer's wishes, which others can read by its link while `is_shared`.

    The link is a signature of the row's id and `link_number`, so the database has no secret. Each link that
    is withdrawn uses up its number.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="wish_lists")
    name = models.CharField(max_length=100)
    is_shared = models.BooleanField(default=False)
    link_number = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="wish_list_name_once_a_user")]

    def __str__(self) -> str:
        return f"wish list {self.pk} of user {self.user_id}"


class WishListItem(models.Model):
    """A wish for a product, or for one of its variants.

    `known_price` is the lowest price that the customer was told: when the item was added, and then in
    messages about lower prices. `awaits_stock` is whether nothing of it was in stock when that was last
    compared, so that the customer is told when units arrive. `exposure_id` is a claim that the product
    was added from that list; it is stored unchecked, and goes along when the item is moved to the cart.
    """

    wish_list = models.ForeignKey(WishList, on_delete=models.CASCADE, related_name="items")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, null=True, related_name="+")
    quantity = models.PositiveIntegerField(default=1)
    note = models.CharField(max_length=500, blank=True)
    wants_messages = models.BooleanField(default=True)
    price_when_added = models.DecimalField(max_digits=14, decimal_places=4)
    known_price = models.DecimalField(max_digits=14, decimal_places=4)
    currency = models.CharField(max_length=3)
    awaits_stock = models.BooleanField(default=False)
    exposure_id = models.UUIDField(null=True)
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["wish_list", "variant"],
                condition=Q(variant__isnull=False),
                name="wish_list_item_once_a_variant",
            ),
            models.UniqueConstraint(
                fields=["wish_list", "product"],
                condition=Q(variant__isnull=True),
                name="wish_list_item_once_a_product",
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="wish_list_item_wants_something"),
        ]

    def __str__(self) -> str:
        return f"item {self.pk} of wish list {self.wish_list_id}"


class PriceDrop(models.Model):
    """The price of a wish became lower than any that the customer was told. Append-only."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, null=True, related_name="+")
    known_price = models.DecimalField(max_digits=14, decimal_places=4)
    new_price = models.DecimalField(max_digits=14, decimal_places=4)
    currency = models.CharField(max_length=3)
    wished_at = models.DateTimeField()
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"product {self.product_id} costs less for user {self.user_id}"
