"""The address books of customers."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from backend.addresses.validation import FIELDS


class Address(models.Model):
    """An address in a customer's address book, normalised; at most one is the default for each purpose."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="addresses")
    name = models.CharField(max_length=200, blank=True)
    company = models.CharField(max_length=200, blank=True)
    street = models.CharField(max_length=300)
    street2 = models.CharField(max_length=300, blank=True)
    city = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=120, blank=True)
    postal_code = models.CharField(max_length=20, blank=True)
    country = models.CharField(max_length=2)
    phone = models.CharField(max_length=32, blank=True)
    vat_number = models.CharField(max_length=30, blank=True)
    is_default_shipping = models.BooleanField(default=False)
    is_default_billing = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "addresses"
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(is_default_shipping=True),
                name="address_default_shipping_once",
            ),
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(is_default_billing=True),
                name="address_default_billing_once",
            ),
        ]

    def __str__(self) -> str:
        return f"address of user {self.user_id}"

    @property
    def fields(self) -> dict[str, str]:
        """The address without empty fields, as orders store it."""
        return {name: getattr(self, name) for name in FIELDS if getattr(self, name)}
