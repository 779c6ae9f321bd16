"""Shipping methods with their prices and conditions."""

from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from backend.catalog.models import STANDARD_TAX_CLASS


class ShippingMethod(models.Model):
    """A way to ship a parcel to some countries, for a parcel's weight and value within ranges.

    It costs `price` plus `price_per_kg` for each kilogram, and nothing from a value of `free_from`. An empty
    list of countries means every country. An upper bound that is null means that there is none.
    """

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)
    currency = models.CharField(max_length=3)
    countries = models.JSONField(default=list, blank=True)
    min_weight_grams = models.PositiveIntegerField(default=0)
    max_weight_grams = models.PositiveIntegerField(null=True, blank=True)
    min_amount = models.DecimalField(max_digits=16, decimal_places=4, default=Decimal(0))
    max_amount = models.DecimalField(max_digits=16, decimal_places=4, null=True, blank=True)
    price = models.DecimalField(max_digits=14, decimal_places=4)
    price_per_kg = models.DecimalField(max_digits=14, decimal_places=4, default=Decimal(0))
    free_from = models.DecimalField(max_digits=16, decimal_places=4, null=True, blank=True)
    tax_class = models.CharField(max_length=20, default=STANDARD_TAX_CLASS)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(price__gte=0, price_per_kg__gte=0), name="shipping_method_price_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(max_weight_grams=None) | Q(max_weight_grams__gte=F("min_weight_grams")),
                name="shipping_method_weights_are_a_range",
            ),
            models.CheckConstraint(
                condition=Q(max_amount=None) | Q(max_amount__gte=F("min_amount")),
                name="shipping_method_amounts_are_a_range",
            ),
        ]

    def __str__(self) -> str:
        return self.code
