"""Invoices and credit notes, numbered without gaps, and the movements that each of them covers.

Invoices and credit notes never change after they are issued: triggers refuse it (migration 0002). A mistake
is corrected by another document.
"""

from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from backend.orders.models import Movement, Order


class InvoiceKind(models.TextChoices):
    """What a document is."""

    INVOICE = "INVOICE", "invoice"
    CREDIT_NOTE = "CREDIT_NOTE", "credit note"


class NumberSeries(models.Model):
    """The counter of a series, such as `INV-2026`.

    Its row is locked before a number is assigned, and until the transaction with the document is committed.
    """

    name = models.CharField(max_length=20, primary_key=True)
    last_number = models.PositiveIntegerField(default=0)
    last_issued_on = models.DateField(null=True)

    class Meta:
        verbose_name_plural = "number series"

    def __str__(self) -> str:
        return f"{self.name}, up to {self.last_number}"


class Invoice(models.Model):
    """An invoice or a credit note. Append-only.

    `content` is everything that is printed, so that later changes to the shop, the order or a product don't
    change the document; `contents.py` describes it. Totals of credit notes are not negative. `invoice` is
    the invoice that a credit note corrects.
    """

    number = models.CharField(max_length=32, unique=True)
    series = models.ForeignKey(NumberSeries, on_delete=models.PROTECT, related_name="invoices")
    number_in_series = models.PositiveIntegerField()
    kind = models.CharField(max_length=11, choices=InvoiceKind.choices)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="invoices")
    invoice = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="credit_notes")
    currency = models.CharField(max_length=3)
    net_amount = models.DecimalField(max_digits=16, decimal_places=4)
    tax_amount = models.DecimalField(max_digits=16, decimal_places=4)
    total_amount = models.DecimalField(max_digits=16, decimal_places=4)
    issued_on = models.DateField()
    issued_at = models.DateTimeField()
    content = models.JSONField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["series", "number_in_series"], name="invoice_numbered_once"),
            models.UniqueConstraint(
                fields=["order"], name="order_invoiced_once", condition=Q(kind=InvoiceKind.INVOICE)
            ),
            models.CheckConstraint(
                condition=Q(kind=InvoiceKind.INVOICE, invoice=None)
                | Q(kind=InvoiceKind.CREDIT_NOTE, invoice__isnull=False),
                name="credit_note_names_its_invoice",
            ),
            models.CheckConstraint(
                # SQLite adds decimals as floats.
                condition=Q(
                    total_amount__gte=F("net_amount") + F("tax_amount") - Decimal("0.004"),
                    total_amount__lte=F("net_amount") + F("tax_amount") + Decimal("0.004"),
                ),
                name="invoice_adds_up",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class InvoicedMovement(models.Model):
    """A movement of the order ledger that a document covers. Append-only; a movement is covered once."""

    movement = models.OneToOneField(Movement, on_delete=models.PROTECT, related_name="invoiced")
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="movements")

    def __str__(self) -> str:
        return f"movement {self.movement_id} in {self.invoice_id}"
