"""Comparisons of the ledger with the warehouse in Django's admin; read-only."""

from django.contrib import admin
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from backend.accounts.areas import StaffArea
from backend.analytics.models import DifferingOrder, Reconciliation
from backend.analytics.reconciliation import texts
from backend.api.service_admin.pages import ServiceAdmin, ServiceInline


class DifferingOrderInline(ServiceInline):
    """The orders that differed, with what both sides have."""

    model = DifferingOrder
    fields = ("order_number", "order_id", "what_differs")
    readonly_fields = fields
    per_page = 50

    @admin.display(description="What differs")
    def what_differs(self, order: DifferingOrder) -> SafeString:
        """Return a line for each movement."""
        return format_html_join("", "<div>{}</div>", ((line,) for line in texts.movement_lines(order)))


@admin.register(Reconciliation)
class ReconciliationAdmin(ServiceAdmin):
    """The last comparisons; `manage.py reconcile` and a nightly task make them."""

    area = StaffArea.REPORTS
    list_display = ("finished_at", "state", "result", "pending")
    list_filter = ("state",)
    ordering = ("-pk",)
    fields = ("state", "started_at", "finished_at", "result", "remedy", "differing_totals")
    readonly_fields = fields
    inlines = (DifferingOrderInline,)

    @admin.display(description="Result")
    def result(self, row: Reconciliation) -> str:
        """Return the result in a sentence."""
        return texts.summary(row)

    @admin.display(description="What to do")
    def remedy(self, row: Reconciliation) -> str:
        """Return the command that helps."""
        return texts.remedy(row) or "nothing"

    @admin.display(description="Totals that differ")
    def differing_totals(self, row: Reconciliation) -> SafeString:
        """Return a line for each day, kind and currency."""
        return format_html_join("", "<div>{}</div>", ((line,) for line in texts.total_lines(row)))
