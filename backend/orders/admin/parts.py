"""What the pages of shipments and of returns have in common."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from backend.accounts.areas import StaffArea
from backend.api.service_admin.columns import link_to
from backend.api.service_admin.pages import ServiceAdmin, ServiceInline


class UnitsInline(ServiceInline):
    """The units of an order's lines in a parcel or a return."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the units with their lines."""
        rows: QuerySet[Any] = self.model._default_manager.select_related("item").order_by("pk")
        return rows

    @admin.display(description="Product")
    def title(self, row: Any) -> str:
        """Return the title at the time of the order."""
        return str(row.item.product_snapshot.get("title", ""))


class PartOfOrderAdmin(ServiceAdmin):
    """The pages of a model whose rows have a number and belong to an order."""

    area = StaffArea.ORDERS

    def matching(self, text: str) -> Q:
        """Find rows by their number or that of the order."""
        return Q(number=text.upper()) | Q(order__order_number=text.upper())

    @admin.display(description="Order")
    def order_page(self, row: Any) -> str:
        """Return a link to the order."""
        return link_to(row.order)
