"""Returns with their units."""

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from backend.accounts.areas import StaffArea
from backend.api.service_admin.columns import link_to
from backend.api.service_admin.pages import ServiceAdmin, ServiceInline
from backend.orders.admin_operations import RETURN_OPERATIONS
from backend.orders.fulfilment_models import Return, ReturnItem


class ReturnItemInline(ServiceInline):
    """The units of a return."""

    model = ReturnItem
    fields = ("title", "quantity", "reason", "resellable", "damaged", "missing")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReturnItem]:
        """Return the units with their lines."""
        return ReturnItem.objects.select_related("item").order_by("pk")

    @admin.display(description="Product")
    def title(self, row: ReturnItem) -> str:
        """Return the title at the time of the order."""
        return str(row.item.product_snapshot.get("title", ""))


@admin.register(Return)
class ReturnAdmin(ServiceAdmin):
    """Returns; their steps are operations."""

    area = StaffArea.ORDERS
    list_display = ("number", "status", "requested_at", "decided_at", "received_at")
    list_filter = ("status",)
    ordering = ("-id",)
    search_fields = ("number",)
    search_help_text = "The number of a return or of an order"
    fields = (
        "number",
        "order_page",
        "status",
        "note",
        "decision_note",
        "refund_shipping",
        "requested_at",
        "decided_at",
        "received_at",
        "refunded_at",
    )
    readonly_fields = ("order_page",)
    inlines = (ReturnItemInline,)
    operations = RETURN_OPERATIONS

    def matching(self, text: str) -> Q:
        """Find returns by their number or that of the order."""
        return Q(number=text.upper()) | Q(order__order_number=text.upper())

    @admin.display(description="Order")
    def order_page(self, row: Return) -> str:
        """Return a link to the order."""
        return link_to(row.order)
