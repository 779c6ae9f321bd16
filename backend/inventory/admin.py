"""Stock, its ledger and alerts in Django's admin."""

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from backend.accounts.areas import StaffArea
from backend.api.service_admin.columns import whole_number
from backend.api.service_admin.operations import Operation, OperationForm, Values
from backend.api.service_admin.pages import ServiceAdmin, ServiceInline
from backend.audit.actors import actor_of
from backend.catalog.models import Variant
from backend.inventory import alerts, services
from backend.inventory.models import InventoryTransaction, StockAlert, TransactionType

AREA = StaffArea.STOCK


class EntryForm(OperationForm):
    """An entry of the ledger."""

    transaction_type = forms.ChoiceField(
        label="Why",
        choices=[(kind.value, kind.label) for kind in TransactionType if kind is not TransactionType.OUT],
        initial=TransactionType.ADJUSTMENT,
    )
    quantity = forms.IntegerField(
        help_text="Units; for “counted differently” the difference, which may be negative.",
        min_value=-(2**31),
        max_value=2**31 - 1,
    )
    reference = forms.CharField(max_length=100, required=False)
    notes = forms.CharField(max_length=500, required=False)


def record_entry(request: HttpRequest, variant: Variant, values: Values) -> str:
    """Record an entry of the ledger, which changes the stock."""
    row = services.record(
        services.Entry(variant_id=variant.pk, **values), by=actor_of(request), now=timezone.now()
    )
    return f"The stock changed by {row.effect:+d}."


class ThresholdForm(OperationForm):
    """The threshold of a variant."""

    units = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=2**31 - 1,
        help_text="The seller is alerted at this number of available units; empty for the shop's number.",
    )

    def add_fields(self) -> None:
        """Show the present threshold."""
        self.initial.setdefault("units", alerts.own_threshold_of(self.row))


def set_threshold(request: HttpRequest, variant: Variant, values: Values) -> str:
    """Set the threshold of the variant."""
    alerts.set_threshold(variant, units=values["units"], by=actor_of(request))
    return "The threshold is set."


class LedgerInline(ServiceInline):
    """The newest entries of a variant."""

    model = InventoryTransaction
    verbose_name_plural = "newest entries of the ledger"
    fields = ("recorded_at", "transaction_type", "effect", "reference", "notes", "recorded_by")
    readonly_fields = fields
    per_page = 20

    def get_queryset(self, request: HttpRequest) -> QuerySet[InventoryTransaction]:
        """Return the entries, newest first."""
        return InventoryTransaction.objects.select_related("recorded_by").order_by("-id")


@admin.register(Variant)
class StockAdmin(ServiceAdmin):
    """The stock of variants, which changes through entries of the ledger."""

    area = AREA
    list_display = ("sku", "product", "name", "stock", "reserved", "available", "is_active")
    list_select_related = ("product",)
    list_filter = ("is_active",)
    ordering = ("-id",)
    search_fields = ("sku",)
    search_help_text = "A SKU, or the beginning of one, or the id of a product"
    fields = ("sku", "product", "name", "stock", "reserved", "available", "threshold", "is_active")
    readonly_fields = ("available", "threshold")
    inlines = (LedgerInline,)
    operations = (
        Operation(
            name="record",
            label="Record entry",
            form=EntryForm,
            perform=record_entry,
            explanation="The entry can't be changed; another entry corrects it.",
        ),
        Operation(name="threshold", label="Set threshold", form=ThresholdForm, perform=set_threshold),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Variant]:
        """Return the variants of products that are not deleted."""
        return Variant.objects.filter(product__deleted_at=None).select_related("product", "stock_threshold")

    def matching(self, text: str) -> Q:
        """Find variants by SKU or product."""
        number = whole_number(text)
        condition = Q(sku__startswith=text)
        return condition if number is None else condition | Q(product=number)

    @admin.display(description="Threshold")
    def threshold(self, variant: Variant) -> int:
        """Return the number of available units at which the seller is alerted."""
        return alerts.threshold_of(variant)


@admin.register(InventoryTransaction)
class LedgerAdmin(ServiceAdmin):
    """The stock ledger; read-only."""

    area = AREA
    list_display = ("recorded_at", "variant", "transaction_type", "effect", "reference", "recorded_by")
    list_select_related = ("variant", "recorded_by")
    list_filter = ("transaction_type",)
    ordering = ("-id",)
    search_fields = ("variant",)
    search_help_text = "A SKU"

    def matching(self, text: str) -> Q:
        """Find entries by SKU."""
        return Q(variant__sku=text)


@admin.register(StockAlert)
class StockAlertAdmin(ServiceAdmin):
    """Changes of the level of variants; read-only."""

    area = AREA
    list_display = ("created_at", "variant", "level", "previous_level", "available", "threshold")
    list_select_related = ("variant",)
    list_filter = ("level",)
    ordering = ("-id",)
    search_fields = ("variant",)
    search_help_text = "A SKU"

    def matching(self, text: str) -> Q:
        """Find alerts by SKU."""
        return Q(variant__sku=text)
