"""Queries for invoices, and for the orders that lack some."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from django.db.models import Exists, Max, OuterRef, Prefetch, QuerySet

from backend.invoices.errors import InvoiceNotFound
from backend.invoices.models import Invoice, InvoicedMovement, NumberSeries
from backend.orders.errors import ShipmentNotFound
from backend.orders.fulfilment_models import Shipment
from backend.orders.models import Movement, Order, OrderItem
from backend.orders.selectors import Viewer, orders_visible_to


def orders_without_documents(order_ids: Collection[int] | None = None) -> "QuerySet[Movement, int]":
    """Return the ids of orders with movements that no document covers, of `order_ids` or of all orders.

    An order that was imported from another shop is left out, because that shop has invoiced it.
    """
    covered = InvoicedMovement.objects.filter(movement=OuterRef("pk"))
    rows = Movement.objects.filter(~Exists(covered), order__source="")
    if order_ids is not None:
        rows = rows.filter(order__in=order_ids)
    return rows.order_by("order_id").values_list("order_id", flat=True).distinct()


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRows:
    """An order with its movements, the keys of those that are covered, and its invoice, if it has one."""

    order: Order
    movements: Sequence[Movement]
    covered: frozenset[int]
    invoice: Invoice | None


def order_rows(order_ids: Collection[int]) -> Iterator[OrderRows]:
    """Yield the orders with everything that their documents are made from, by id (6 queries)."""
    orders = (
        Order.objects.filter(pk__in=order_ids)
        .prefetch_related(
            Prefetch("items", OrderItem.objects.order_by("pk")),
            "adjustments",
            "shipments",
            Prefetch(
                "movements", Movement.objects.select_related("invoiced", "refund_line__refund").order_by("pk")
            ),
            Prefetch(
                "invoices", Invoice.objects.filter(invoice=None).defer("content"), to_attr="own_invoices"
            ),
        )
        .order_by("pk")
    )
    for order in orders:
        movements = list(order.movements.all())
        own: list[Invoice] = order.own_invoices
        yield OrderRows(
            order=order,
            movements=movements,
            covered=frozenset(row.pk for row in movements if hasattr(row, "invoiced")),
            invoice=own[0] if own else None,
        )


def invoices_of(order_id: int) -> QuerySet[Invoice]:
    """Return the invoice and the credit notes of an order, oldest first."""
    return Invoice.objects.filter(order__pk=order_id).select_related("order", "invoice").order_by("pk")


def invoice_for(number: str, *, viewer: Viewer) -> Invoice:
    """Return the document with this number.

    Raises:
        InvoiceNotFound: it doesn't exist, or the viewer may not see its order.
    """
    rows = Invoice.objects.filter(order__in=orders_visible_to(viewer).order_by())
    found = rows.select_related("order", "invoice").filter(number=number).first()
    if found is None:
        raise InvoiceNotFound(number=number)
    return found


def shipment_for(shipment_id: int, *, seller_id: int | None = None) -> Shipment:
    """Return the parcel with its order and items, of this seller or of any (2 queries).

    Raises:
        ShipmentNotFound: there is no such parcel, or it is another seller's.
    """
    rows = Shipment.objects.select_related("order").prefetch_related("items__item").filter(pk=shipment_id)
    if seller_id is not None:
        rows = rows.filter(seller=seller_id)
    shipment = rows.first()
    if shipment is None:
        raise ShipmentNotFound(shipment_id=shipment_id)
    return shipment


def series_with_gaps() -> list[str]:
    """Return the names of the series whose documents are not numbered from 1 to the last number.

    Numbers are unique within a series, so there is no gap if the highest number is the number of documents.
    """
    rows = NumberSeries.objects.annotate(highest=Max("invoices__number_in_series", default=0))
    found = []
    for row in rows.order_by("name"):
        documents = row.invoices.filter(number_in_series__gte=1).count()
        if not documents == row.highest == row.last_number:
            found.append(row.name)
    return found
