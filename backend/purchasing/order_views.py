"""Endpoints of purchase orders, for sellers (their own products) and staff."""

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from django.http import HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.areas import StaffArea
from backend.accounts.authentication import account_of
from backend.accounts.permissions import SellerOrInArea
from backend.api.idempotency import IDEMPOTENCY_KEY, once
from backend.api.pagination import page_response, rows_of
from backend.api.parameters import parse, parse_body
from backend.api.responses import envelope
from backend.api.rows import LastRows
from backend.api.schema import envelope_of, operation, page_of
from backend.api.schema.operations import Handler
from backend.audit.actors import actor_of
from backend.inventory.errors import InsufficientStock
from backend.purchasing import selectors, services
from backend.purchasing.csv_file import as_csv
from backend.purchasing.drafting import draft_purchase_orders
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
from backend.purchasing.services import Step

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

    permission_classes = (SellerOrInArea(StaffArea.STOCK),)

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
        twice: only quantities that were not edited follow the proposals.
        """
        user = account_of(request)
        changed = draft_purchase_orders(
            by=actor_of(request),
            now=timezone.now(),
            seller_id=user.limited_to_seller(StaffArea.STOCK),
        )
        rows = selectors.orders_of(user).filter(pk__in=[order.pk for order in changed])
        shown = PurchaseOrderSerializer(rows, many=True).data
        return envelope(shown, message=f"{len(shown)} drafts changed.", status=201)


class PurchaseOrderView(APIView):
    """One purchase order."""

    permission_classes = (SellerOrInArea(StaffArea.STOCK),)

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

    permission_classes = (SellerOrInArea(StaffArea.STOCK),)

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
            headers={
                "Content-Disposition": content_disposition_header(
                    as_attachment=True, filename=f"{order.number}.csv"
                )
            },
        )


class _StepView(APIView):
    """A step of purchase orders, which a derived class declares."""

    permission_classes = (SellerOrInArea(StaffArea.STOCK),)
    step: ClassVar[Step]
    message: ClassVar[str]

    def take(self, request: Request, number: str) -> Response:
        """Take the step with a purchase order, and respond with it."""
        selectors.require_visible(number, user=account_of(request))
        services.take_step(number, self.step, by=actor_of(request), now=timezone.now())
        return _order(request, number, message=self.message)


def _step_operation(step: Step) -> Callable[[Handler], Handler]:
    return operation(
        f"purchase_orders_{step}",
        tag=TAG,
        parameters=[NUMBER],
        response=envelope_of(PurchaseOrderSerializer),
        errors=CONFLICTS,
    )


class ApproveView(_StepView):
    """Approval of drafts."""

    step, message = Step.APPROVE, "Purchase order approved."

    @_step_operation(step)
    def post(self, request: Request, number: str) -> Response:
        """Approve a draft, whose lines then can't be changed any more."""
        return self.take(request, number)


class SendView(_StepView):
    """Sending of approved purchase orders."""

    step, message = Step.SEND, "Purchase order sent."

    @_step_operation(step)
    def post(self, request: Request, number: str) -> Response:
        """Record that an approved purchase order was sent to the supplier."""
        return self.take(request, number)


class CancelPurchaseOrderView(_StepView):
    """Cancellation of open purchase orders."""

    step, message = Step.CANCEL, "Purchase order ended."

    @_step_operation(step)
    def post(self, request: Request, number: str) -> Response:
        """End an open purchase order: nothing more is expected.

        Its status is RECEIVED if some units had come, else CANCELLED.
        """
        return self.take(request, number)


class ReceiveView(APIView):
    """Deliveries of purchase orders."""

    permission_classes = (SellerOrInArea(StaffArea.STOCK),)

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
        perform = partial(_received, request, number=number, body=body)
        return once(request, perform, scope="purchasing", now=timezone.now())


def _received(request: Request, _: LastRows, *, number: str, body: dict[str, Any]) -> Response:
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
