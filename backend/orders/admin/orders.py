"""Orders; what can be done with one is in `admin_operations.py`."""

import json
from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from backend.accounts.areas import StaffArea
from backend.accounts.phones import phone_of
from backend.api.errors import InvalidInput
from backend.api.service_admin.columns import Amount, link_to
from backend.api.service_admin.pages import ServiceAdmin, ServiceInline
from backend.orders.admin_operations import ORDER_OPERATIONS
from backend.orders.fulfilment_models import Return, Shipment
from backend.orders.models import Order, OrderItem, OrderStatusHistory
from backend.orders.refund_models import GrantedRefund


class ItemInline(ServiceInline):
    """The lines of an order."""

    model = OrderItem
    fields = (
        "title",
        "sku",
        Amount("unit_price", currency="order.currency"),
        "quantity",
        "cancelled",
        "shipped",
        "delivered",
        "returned",
        Amount("total_price", currency="order.currency"),
    )
    readonly_fields = fields

    @admin.display(description="Product")
    def title(self, item: OrderItem) -> str:
        """Return the title at the time of the order."""
        return str(item.product_snapshot.get("title", ""))

    @admin.display(description="SKU")
    def sku(self, item: OrderItem) -> str:
        """Return the SKU at the time of the order."""
        return str(item.product_snapshot.get("sku", ""))

    def get_queryset(self, request: HttpRequest) -> QuerySet[OrderItem]:
        """Return the lines with their order."""
        return OrderItem.objects.select_related("order").order_by("pk")


class ShipmentInline(ServiceInline):
    """The parcels of an order."""

    model = Shipment
    fields = ("page", "carrier", "tracking_number", "shipped_at", "delivered_at")
    readonly_fields = fields

    @admin.display(description="Parcel")
    def page(self, shipment: Shipment) -> str:
        """Return a link to the shipment."""
        return link_to(shipment)


class ReturnInline(ServiceInline):
    """The returns of an order."""

    model = Return
    fields = ("page", "status", "requested_at", "decided_at", "received_at", "refunded_at")
    readonly_fields = fields

    @admin.display(description="Return")
    def page(self, row: Return) -> str:
        """Return a link to the return."""
        return link_to(row)


class RefundInline(ServiceInline):
    """The refunds of an order without units."""

    model = GrantedRefund
    fields = ("kind", Amount("amount", currency="order.currency"), "reason", "granted_by", "granted_at")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[GrantedRefund]:
        """Return the refunds with what the page shows."""
        return GrantedRefund.objects.select_related("order", "granted_by").order_by("pk")


class HistoryInline(ServiceInline):
    """The changes of an order's status."""

    model = OrderStatusHistory
    fields = ("changed_at", "status", "note", "changed_by")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[OrderStatusHistory]:
        """Return the changes with their authors."""
        return OrderStatusHistory.objects.select_related("changed_by").order_by("pk")


@admin.register(Order)
class OrderAdmin(ServiceAdmin):
    """Orders; their steps are operations."""

    area = StaffArea.ORDERS
    list_display = (
        "order_number",
        "placed_at",
        "customer_name",
        "status",
        "payment_status",
        Amount("total_amount"),
    )
    list_filter = ("status", "payment_status", "payment_method")
    ordering = ("-placed_at", "-id")
    search_fields = ("order_number",)
    search_help_text = "An order number, or the phone of an account"
    fieldsets = (
        (None, {"fields": ("order_number", "status", "payment_status", "payment_method", "placed_at")}),
        ("Customer", {"fields": ("account", "customer_name", "customer_phone", "email", "notes")}),
        ("Addresses", {"fields": ("shipping_method", "ships_to", "invoiced_to")}),
        (
            "Amounts",
            {
                "fields": (
                    Amount("subtotal"),
                    Amount("shipping_cost", label="Shipping"),
                    Amount("charges"),
                    Amount("tax_amount", label="Tax"),
                    Amount("total_amount", label="Total"),
                    "money",
                )
            },
        ),
    )
    inlines = (ItemInline, ShipmentInline, ReturnInline, RefundInline, HistoryInline)
    operations = ORDER_OPERATIONS

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Return all fields."""
        return [name for _, options in self.fieldsets for name in options["fields"]]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        """Return the orders with their accounts."""
        return Order.objects.select_related("user")

    def matching(self, text: str) -> Q:
        """Find orders by number or by the phone of the account."""
        condition = Q(order_number=text.upper())
        try:
            return condition | Q(user__phone=phone_of(text))
        except InvalidInput:
            return condition

    @admin.display(description="Account")
    def account(self, order: Order) -> str:
        """Return a link to the account; guests have none."""
        return link_to(order.user)

    @admin.display(description="Ships to")
    def ships_to(self, order: Order) -> str:
        """Return the shipping address in one line."""
        return _address(order.shipping_address)

    @admin.display(description="Invoice goes to")
    def invoiced_to(self, order: Order) -> str:
        """Return the billing address in one line."""
        return _address(order.billing_address)

    @admin.display(description="Documents")
    def money(self, order: Order) -> str:
        """Return links to the payments and invoices of the order."""
        query = f"?q={order.order_number}"
        payments = reverse("admin:payments_payment_changelist") + query
        invoices = reverse("admin:invoices_invoice_changelist") + query
        return format_html(
            '<a href="{}" class="underline">payments</a>, <a href="{}" class="underline">invoices</a>',
            payments,
            invoices,
        )


def _address(address: Mapping[str, Any]) -> str:
    texts = [json.dumps(part) if isinstance(part, dict | list) else str(part) for part in address.values()]
    return ", ".join(text for text in texts if text)
