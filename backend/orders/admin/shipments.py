"""Parcels with their units."""

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from backend.accounts.areas import StaffArea
from backend.api.service_admin.columns import link_to
from backend.api.service_admin.pages import ServiceAdmin, ServiceInline
from backend.orders.admin_operations import SHIPMENT_OPERATIONS
from backend.orders.fulfilment_models import Shipment, ShipmentItem


class ShipmentItemInline(ServiceInline):
    """The units in a parcel."""

    model = ShipmentItem
    fields = ("title", "quantity")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[ShipmentItem]:
        """Return the units with their lines."""
        return ShipmentItem.objects.select_related("item").order_by("pk")

    @admin.display(description="Product")
    def title(self, row: ShipmentItem) -> str:
        """Return the title at the time of the order."""
        return str(row.item.product_snapshot.get("title", ""))


@admin.register(Shipment)
class ShipmentAdmin(ServiceAdmin):
    """Parcels."""

    area = StaffArea.ORDERS
    list_display = ("number", "seller", "carrier", "tracking_number", "shipped_at", "delivered_at")
    list_select_related = ("seller",)
    list_filter = (("delivered_at", admin.EmptyFieldListFilter),)
    ordering = ("-id",)
    search_fields = ("number",)
    search_help_text = "The number of a parcel or of an order"
    fields = ("number", "order_page", "seller", "carrier", "tracking_number", "shipped_at", "delivered_at")
    readonly_fields = ("order_page",)
    inlines = (ShipmentItemInline,)
    operations = SHIPMENT_OPERATIONS

    def matching(self, text: str) -> Q:
        """Find parcels by their number or that of the order."""
        return Q(number=text.upper()) | Q(order__order_number=text.upper())

    @admin.display(description="Order")
    def order_page(self, shipment: Shipment) -> str:
        """Return a link to the order."""
        return link_to(shipment.order)
