"""Endpoints of purchase orders, for sellers (their own products) and staff."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.authentication import account_of
from backend.accounts.permissions import IsSellerOrStaff
from backend.api.idempotency import IDEMPOTENCY_KEY, once
from backend.api.pagination import page_response, rows_of
from backend.api.parameters import parse, parse_body
from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation, page_of
from backend.audit.actors import actor_of
from backend.inventory.errors import InsufficientStock
from backend.purchasing import selectors, services
from backend.purchasing.csv_file import as_csv
from backend.purchasing.errors import (
    PurchaseOrderNotFound,
    PurchaseOrderStatusConflict,
    ReceiptTooLarge,
)
from backend.purchasing.serializers import (
    ChangedLinesSerializer,
    DeliverySerializer,
    PurchaseOrderListParameters,
    PurchaseOrderSerializer,
)

TAG = "purchasing"
NUMBER = {
    "name": "number",
    "in": "path",
    "required": True,
    "description": "The purchase order's number.",
    "schema": {"type": "string", "minLength": 1, "example": "PO-1F3A9C02"},
}
CSV_FILE = {"type": "string", "example": "order,sku,quantity\nPO-1F3A9C02,K-1,90\n"}
CONFLICTS = [PurchaseOrderNotFound, PurchaseOrderStatusConflict]


class PurchaseOrderListView(APIView):
    """Purchase orders."""

    permission_classes = (IsSellerOrStaff,)

    @operation(
        "purchase_orders_list",
        tag=TAG,
        query=PurchaseOrderListParameters,
        response=page_of(PurchaseOrderSerializer),
    )
    def get(self, request: Request) -> Response:
        """List purchase orders, newest first.

        Sellers see their own, staff see all.
        """
        parameters = parse(request, PurchaseOrderListParameters)
        rows = selectors.orders_of(account_of(request), status=parameters.get("status"))
        return page_response(request, rows, parameters=parameters, shown=rows_of(PurchaseOrderSerializer))

    @operation(
        "purchase_orders_create",
        tag=TAG,
        response=envelope_of(PurchaseOrderSerializer(many=True)),
        status=201,
    )
    def post(self, request: Request) -> Response:
        """Draft purchase orders from the reorder rules.

        The response has the drafts that changed, one for each supplier. Sending it again orders nothing
        twice: only quantities that no person has edited follow the proposals.
        """
        user = account_of(request)
        changed = services.draft_purchase_orders(
            by=actor_of(request), now=timezone.now(), seller_id=None if user.is_admin else user.pk
        )
        rows = selectors.orders_of(user).filter(pk__in=[order.pk for order in changed])
        shown = PurchaseOrderSerializer(rows, many=True).data
        return envelope(shown, message=f"{len(shown)} drafts changed.", status=201)


class PurchaseOrderView(APIView):
    """One purchase order."""

    permission_classes = (IsSellerOrStaff,)

    @operation(
        "purchase_orders_get",
        tag=TAG,
        parameters=[NUMBER],
        response=envelope_of(PurchaseOrderSerializer),
        errors=[PurchaseOrderNotFound],
    )
    def get(self, request: Request, number: str) -> Response:
        """Show a purchase order with its lines."""
        return _order(request, number)

    @operation(
        "purchase_orders_update",
        tag=TAG,
        parameters=[NUMBER],
        request=ChangedLinesSerializer,
        response=envelope_of(PurchaseOrderSerializer),
        errors=CONFLICTS,
    )
    def patch(self, request: Request, number: str) -> Response:
        """Change the quantities of a draft.

        A quantity of 0 removes the line. Proposals don't change an edited quantity any more.
        """
        body = parse_body(request, ChangedLinesSerializer)
        selectors.require_visible(number, user=account_of(request))
        services.change_lines(number, quantities=body["items"], by=actor_of(request))
        return _order(request, number, message="Purchase order changed.")


class PurchaseOrderCsvView(APIView):
    """A purchase order as a file."""

    permission_classes = (IsSellerOrStaff,)

    @operation(
        "purchase_order_file_get",
        tag=TAG,
        parameters=[NUMBER],
        response={(200, "text/csv"): CSV_FILE},
        errors=[PurchaseOrderNotFound],
    )
    def get(self, request: Request, number: str) -> HttpResponse:
        """Download a purchase order as CSV for its supplier."""
        order = selectors.order_for(number, user=account_of(request))
        return HttpResponse(
            as_csv(order),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{order.number}.csv"'},
        )


class ApproveView(APIView):
    """Approval of drafts."""

    permission_classes = (IsSellerOrStaff,)

    @operation(
        "purchase_orders_approve",
        tag=TAG,
        parameters=[NUMBER],
        response=envelope_of(PurchaseOrderSerializer),
        errors=CONFLICTS,
    )
    def post(self, request: Request, number: str) -> Response:
        """Approve a draft, whose lines then can't be changed any more."""
        selectors.require_visible(number, user=account_of(request))
        services.approve(number, by=actor_of(request), now=timezone.now())
        return _order(request, number, message="Purchase order approved.")


class SendView(APIView):
    """Sending of approved purchase orders."""

    permission_classes = (IsSellerOrStaff,)

    @operation(
        "purchase_orders_send",
        tag=TAG,
        parameters=[NUMBER],
        response=envelope_of(PurchaseOrderSerializer),
        errors=CONFLICTS,
    )
    def post(self, request: Request, number: str) -> Response:
        """Record that an approved purchase order was sent to the supplier."""
        selectors.require_visible(number, user=account_of(request))
        services.mark_sent(number, by=actor_of(request), now=timezone.now())
        return _order(request, number, message="Purchase order sent.")


class CancelPurchaseOrderView(APIView):
    """Cancellation of open purchase orders."""

    permission_classes = (IsSellerOrStaff,)

    @operation(
        "purchase_orders_cancel",
        tag=TAG,
        parameters=[NUMBER],
        response=envelope_of(PurchaseOrderSerializer),
        errors=CONFLICTS,
    )
    def post(self, request: Request, number: str) -> Response:
        """End an open purchase order: nothing more is expected.

        Its status is RECEIVED if some units had come, else CANCELLED.
        """
        selectors.require_visible(number, user=account_of(request))
        services.cancel(number, by=actor_of(request), now=timezone.now())
        return _order(request, number, message="Purchase order ended.")


class ReceiveView(APIView):
    """Deliveries of purchase orders."""

    permission_classes = (IsSellerOrStaff,)

    @operation(
        "purchase_orders_receive",
        tag=TAG,
        parameters=[NUMBER],
        request=DeliverySerializer,
        headers=[IDEMPOTENCY_KEY],
        response=envelope_of(PurchaseOrderSerializer),
        errors=[*CONFLICTS, ReceiptTooLarge, InsufficientStock],
    )
    def post(self, request: Request, number: str) -> Response:
        """Record a delivery.

        Its units enter the stock with the purchase order's number as the reference.
        """
        body = parse_body(request, DeliverySerializer)
        selectors.require_visible(number, user=account_of(request))
        return once(request, lambda: _received(request, number, body), scope="purchasing", now=timezone.now())


def _received(request: Request, number: str, body: dict[str, Any]) -> Response:
    services.receive(
        number,
        units=body["items"],
        accept_excess=body["accept_excess"],
        by=actor_of(request),
        now=timezone.now(),
    )
    return _order(request, number, message="Delivery recorded.")


def _order(request: Request, number: str, *, message: str = "") -> Response:
    order = selectors.order_for(number, user=account_of(request))
    return envelope(PurchaseOrderSerializer(order).data, message=message)
