"""Returns with their units."""

from django.contrib import admin

from backend.orders.admin.parts import PartOfOrderAdmin, UnitsInline
from backend.orders.admin_operations import RETURN_OPERATIONS
from backend.orders.fulfilment_models import Return, ReturnItem


class ReturnItemInline(UnitsInline):
    """The units of a return."""

    model = ReturnItem
    fields = ("title", "quantity", "reason", "resellable", "damaged", "missing")
    readonly_fields = fields


@admin.register(Return)
class ReturnAdmin(PartOfOrderAdmin):
    """Returns; their steps are operations."""

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
