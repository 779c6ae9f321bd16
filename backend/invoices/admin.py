"""Invoices and credit notes in Django's admin; read-only."""

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from backend.accounts.areas import StaffArea
from backend.api.service_admin.columns import Amount, link_to
from backend.api.service_admin.pages import ServiceAdmin
from backend.invoices.models import Invoice


@admin.register(Invoice)
class InvoiceAdmin(ServiceAdmin):
    """Documents that never change."""

    area = StaffArea.ORDERS
    list_display = ("number", "kind", "order", Amount("total_amount", label="Total"), "issued_on")
    list_filter = ("kind",)
    ordering = ("-id",)
    search_fields = ("number",)
    search_help_text = "The number of a document or of an order"
    fields = (
        "number",
        "kind",
        "order_page",
        "corrected",
        Amount("net_amount", label="Net"),
        Amount("tax_amount", label="Tax"),
        Amount("total_amount", label="Total"),
        "issued_on",
        "issued_at",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Invoice]:
        """Return the documents without their contents."""
        return Invoice.objects.select_related("order", "invoice").defer("content", "invoice__content")

    def matching(self, text: str) -> Q:
        """Find documents by number or by order."""
        return Q(number=text.upper()) | Q(order__order_number=text.upper())

    @admin.display(description="Order")
    def order_page(self, document: Invoice) -> str:
        """Return a link to the order."""
        return link_to(document.order)

    @admin.display(description="Corrects")
    def corrected(self, document: Invoice) -> str:
        """Return a link to the invoice that a credit note corrects."""
        return link_to(document.invoice)
