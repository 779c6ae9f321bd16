"""Purchase orders in Django's admin."""

from collections.abc import Callable

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from backend.accounts.areas import StaffArea
from backend.api.service_admin.operations import Operation, OperationForm, Values
from backend.api.service_admin.pages import ServiceAdmin, ServiceInline
from backend.audit.actors import actor_of
from backend.purchasing import services
from backend.purchasing.models import (
    PurchaseOrder,
    PurchaseOrderLine,
    PurchaseOrderStatus,
    ReorderRule,
    Supplier,
)
from backend.purchasing.services import Step

AREA = StaffArea.STOCK
VARIANT = "variant_"


class LineInline(ServiceInline):
    """The lines of a purchase order."""

    model = PurchaseOrderLine
    fields = ("variant", "supplier_sku", "quantity", "received", "unit_cost")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[PurchaseOrderLine]:
        """Return the lines with their variants."""
        return PurchaseOrderLine.objects.select_related("variant").order_by("pk")


def _take(step: Step) -> Callable[[HttpRequest, PurchaseOrder, Values], str]:
    def perform(request: HttpRequest, order: PurchaseOrder, values: Values) -> str:
        taken = services.take_step(order.number, step, by=actor_of(request), now=timezone.now())
        return f"{taken.number} is now {taken.get_status_display()}."

    return perform


def _is(*statuses: PurchaseOrderStatus) -> Callable[[PurchaseOrder], bool]:
    return lambda order: order.status in statuses


class DeliveryForm(OperationForm):
    """The units of a delivery."""

    accept_excess = forms.BooleanField(required=False, label="Accept more units than were ordered")

    def add_fields(self) -> None:
        """Add a number for each line."""
        for line in self.row.lines.select_related("variant"):
            self.fields[f"{VARIANT}{line.variant_id}"] = forms.IntegerField(
                label=str(line.variant),
                min_value=0,
                max_value=2**31 - 1,
                initial=max(0, line.quantity - line.received),
            )


def receive(request: HttpRequest, order: PurchaseOrder, values: Values) -> str:
    """Record a delivery, whose units enter the stock."""
    units = {
        int(name.removeprefix(VARIANT)): number
        for name, number in values.items()
        if name.startswith(VARIANT) and number
    }
    services.receive(
        order.number,
        units=units,
        accept_excess=values["accept_excess"],
        by=actor_of(request),
        now=timezone.now(),
    )
    return "The units are in stock."


@admin.register(PurchaseOrder)
class PurchaseOrderAdmin(ServiceAdmin):
    """Orders from suppliers; their steps are operations."""

    area = AREA
    list_display = ("number", "seller", "supplier", "status", "created_at")
    list_select_related = ("seller", "supplier")
    list_filter = ("status",)
    search_fields = ("number",)
    search_help_text = "The number of a purchase order"
    inlines = (LineInline,)
    operations = (
        Operation(
            name="approve",
            label="Approve",
            perform=_take(Step.APPROVE),
            applies=_is(PurchaseOrderStatus.DRAFT),
            explanation="Its lines can't be changed any more.",
        ),
        Operation(
            name="send",
            label="Record as sent",
            perform=_take(Step.SEND),
            applies=_is(PurchaseOrderStatus.APPROVED),
            explanation="You have sent it to the supplier.",
        ),
        Operation(
            name="receive",
            label="Receive units",
            form=DeliveryForm,
            perform=receive,
            applies=_is(PurchaseOrderStatus.APPROVED, PurchaseOrderStatus.SENT),
        ),
        Operation(
            name="close",
            label="Close",
            perform=_take(Step.CANCEL),
            applies=_is(PurchaseOrderStatus.DRAFT, PurchaseOrderStatus.APPROVED, PurchaseOrderStatus.SENT),
            explanation="No more units are expected.",
        ),
    )

    def matching(self, text: str) -> Q:
        """Find purchase orders by number."""
        return Q(number=text.upper())


@admin.register(Supplier)
class SupplierAdmin(ServiceAdmin):
    """Companies from which sellers buy; sellers create them."""

    area = AREA
    list_display = ("name", "seller")
    list_select_related = ("seller",)


@admin.register(ReorderRule)
class ReorderRuleAdmin(ServiceAdmin):
    """When variants are reordered; sellers set the rules."""

    area = AREA
    list_display = ("variant", "supplier", "reorder_point", "target_stock", "lead_time_days", "pack_size")
    list_select_related = ("variant", "supplier")
    ordering = ("-id",)
    search_fields = ("variant",)
    search_help_text = "A SKU"

    def matching(self, text: str) -> Q:
        """Find rules by SKU."""
        return Q(variant__sku=text)
