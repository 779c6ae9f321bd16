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


class ImportRun(models.Model):
    """A run of an import command; dry runs are not stored.

    `written` counts objects by kind and result, such as "products created". `refused`, `left_out` and
    `remarks` count rows or objects by reason. `finished_at` is None while it runs, and for ever if it was
    interrupted; the same file can be imported again then.
    """

    kind = models.CharField(max_length=64)
    file_name = models.CharField(max_length=255, db_index=True)
    total_rows = models.PositiveIntegerField()
    read_rows = models.PositiveIntegerField(default=0)
    refused_rows = models.PositiveIntegerField(default=0)
    written = models.JSONField(default=dict)
    refused = models.JSONField(default=dict)
    left_out = models.JSONField(default=dict)
    remarks = models.JSONField(default=dict)
    refused_file = models.CharField(max_length=4_096, blank=True)
    started_at = models.DateTimeField(db_index=True)
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"import of {self.file_name} at {self.started_at:%Y-%m-%d %H:%M}"


class RefusedRow(models.Model):
    """One of the first refused rows of an import; `cells` is empty for rows with personal data."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="first_refused_rows")
    line = models.PositiveIntegerField()
    reason = models.TextField()
    cells = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["run", "line"], name="importing_refused_by_line")]

    def __str__(self) -> str:
        return f"line {self.line}"
