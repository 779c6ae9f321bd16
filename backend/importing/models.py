"""The last statements of files about products, stored so that each statement is applied only once.

See docs/decisions/imports.md.
"""

from django.conf import settings
from django.db import models

from backend.catalog.models import Product, Variant


class ImportedCatalogue(models.Model):
    """The products of a seller from a source; its row is locked while a chunk of them is written."""

    seller = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    source = models.CharField(max_length=32)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "source"], name="imported_catalogue_once"),
        ]

    def __str__(self) -> str:
        return f"{self.source} of seller {self.seller_id}"


class ProductStatement(models.Model):
    """The last statement of a file about a product.

    `digest` identifies its content, or is empty if a part of it was not applied. `withdrawn_at` is the time
    at which an import deactivated the product because its file no longer had it.
    """

    product = models.OneToOneField(Product, primary_key=True, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=32, blank=True)
    withdrawn_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"statement about product {self.product_id}"


class VariantStatement(models.Model):
    """The last statement of a file about a variant.

    `stock` is the number of units that was applied, counted at `stock_at` if the file said when, and applied
    at `applied_at`. `withdrawn_at` is the time at which an import found that the file no longer had it.
    """

    variant = models.OneToOneField(Variant, primary_key=True, on_delete=models.CASCADE, related_name="+")
    stock = models.PositiveIntegerField(null=True)
    stock_at = models.DateTimeField(null=True)
    applied_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"statement about variant {self.variant_id}"
