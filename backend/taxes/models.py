"""Tax rates by country, state and tax class."""

from django.db import models
from django.db.models import Q

MAX_RATE = 100


class TaxRate(models.Model):
    """The rate in percent for a tax class in a country, or in one of its states.

    A state is a key as in normalised addresses; without one the rate is for the whole country.
    """

    country = models.CharField(max_length=2)
    state = models.CharField(max_length=120, blank=True)
    tax_class = models.CharField(max_length=20)
    rate = models.DecimalField(max_digits=7, decimal_places=4)
    name = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["country", "state", "tax_class"]
        constraints = [
            models.UniqueConstraint(fields=["country", "state", "tax_class"], name="tax_rate_once"),
            models.CheckConstraint(
                condition=Q(rate__gte=0, rate__lte=MAX_RATE), name="tax_rate_is_a_percentage"
            ),
        ]

    def __str__(self) -> str:
        place = f"{self.country} {self.state}".strip()
        return f"{self.rate} % for {self.tax_class} in {place}"
