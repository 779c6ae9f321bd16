"""Parcels with their units."""

from django.contrib import admin

from backend.orders.admin.parts import PartOfOrderAdmin, UnitsInline
from backend.orders.admin_operations import SHIPMENT_OPERATIONS
from backend.orders.fulfilment_models import Shipment, ShipmentItem


class ShipmentItemInline(UnitsInline):
    """The units in a parcel."""

    model = ShipmentItem
    fields = ("title", "quantity")
    readonly_fields = fields


@admin.register(Shipment)
class ShipmentAdmin(PartOfOrderAdmin):
    """Parcels."""

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
