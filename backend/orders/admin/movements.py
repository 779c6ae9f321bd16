"""The ledger of units and money."""

from django.contrib import admin
from django.db.models import Q

from backend.accounts.areas import StaffArea
from backend.api.service_admin.columns import Amount
from backend.api.service_admin.pages import ServiceAdmin
from backend.orders.models import Movement


@admin.register(Movement)
class MovementAdmin(ServiceAdmin):
    """The ledger of units and money from which revenue is computed; read-only."""

    area = StaffArea.ORDERS
    list_display = ("occurred_at", "kind", "order", "variant", "quantity", Amount("amount"))
    list_select_related = ("order", "variant")
    list_filter = ("kind",)
    ordering = ("-id",)
    search_fields = ("order",)
    search_help_text = "An order number"

    fields = (
        "occurred_at",
        "kind",
        "order",
        "product",
        "variant",
        "seller",
        "category_path",
        "country",
        "quantity",
        Amount("amount"),
        "customer",
        "exposure_id",
        "reference",
    )
    readonly_fields = fields

    def matching(self, text: str) -> Q:
        """Find movements by order."""
        return Q(order__order_number=text.upper())
