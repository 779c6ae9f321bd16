"""Endpoints of returns, for customers, guests and staff."""

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.areas import StaffArea
from backend.accounts.permissions import HasAccountOrCartToken, InArea
from backend.api.owners import CART_TOKEN
from backend.api.pagination import page_response, rows_of
from backend.api.parameters import parse, parse_body
from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation, page_of
from backend.audit.actors import actor_of
from backend.inventory.errors import InsufficientStock
from backend.orders import returns, selectors
from backend.orders.access import viewer_of
from backend.orders.errors import (
    OrderNotFound,
    ReturnNotFound,
    ReturnStepNotAllowed,
    ReturnTooLarge,
    TransitionNotAllowed,
)
from backend.orders.fulfilment_serializers import (
    NewReturnSerializer,
    ReceiptSerializer,
    ReturnListParameters,
    ReturnRecordSerializer,
)
from backend.orders.requests import StepSerializer

TAG = "orders"
RETURN = envelope_of(ReturnRecordSerializer)


class ReturnListView(APIView):
    """The returns of a customer or a guest; for staff, all returns."""

    permission_classes = (HasAccountOrCartToken,)

    @operation(
        "returns_list",
        tag=TAG,
        headers=[CART_TOKEN],
        query=ReturnListParameters,
        response=page_of(ReturnRecordSerializer),
    )
    def get(self, request: Request) -> Response:
        """List returns, newest first.

        Customers and guests see the returns of their own orders, staff see all returns.
        """
        parameters = parse(request, ReturnListParameters)
        rows = selectors.returns_visible_to(
            viewer_of(request), status=parameters.get("status"), order_id=parameters.get("order_id")
        )
        return page_response(request, rows, parameters=parameters, shown=rows_of(ReturnRecordSerializer))

    @operation(
        "returns_create",
        tag=TAG,
        headers=[CART_TOKEN],
        request=NewReturnSerializer,
        response=RETURN,
        status=201,
        errors=[OrderNotFound, TransitionNotAllowed, ReturnTooLarge],
    )
    def post(self, request: Request) -> Response:
        """Request a return of delivered units.

        Customers and guests can do so for some days after the delivery, staff for any shipped units.
        """
        body, viewer = parse_body(request, NewReturnSerializer), viewer_of(request)
        selectors.require_visible(body["order_id"], viewer=viewer)
        row = returns.request_return(
            body["order_id"],
            units={item["item_id"]: item["quantity"] for item in body["items"]},
            reasons={item["item_id"]: item["reason"] for item in body["items"]},
            within_window=not selectors.manages_orders(viewer),
            by=actor_of(request),
            now=timezone.now(),
            note=body["note"],
        )
        return envelope(ReturnRecordSerializer(row).data, message="Return requested.", status=201)


class ReturnRecordView(APIView):
    """One return."""

    permission_classes = (HasAccountOrCartToken,)

    @operation("returns_get", tag=TAG, headers=[CART_TOKEN], response=RETURN, errors=[ReturnNotFound])
    def get(self, request: Request, return_id: int) -> Response:
        """Show a return."""
        row = selectors.return_for(return_id, viewer=viewer_of(request))
        return envelope(ReturnRecordSerializer(row).data)


class ReturnApproveView(APIView):
    """Approval of returns."""

    permission_classes = (InArea(StaffArea.ORDERS),)

    @operation(
        "returns_approve",
        tag=TAG,
        request=StepSerializer,
        response=RETURN,
        errors=[ReturnNotFound, OrderNotFound, ReturnStepNotAllowed],
    )
    def post(self, request: Request, return_id: int) -> Response:
        """Approve a return, so that the customer sends the units."""
        note = parse_body(request, StepSerializer)["note"]
        row = returns.approve(return_id, by=actor_of(request), now=timezone.now(), note=note)
        return envelope(ReturnRecordSerializer(row).data, message="Return approved.")


class ReturnRejectView(APIView):
    """Rejection of returns."""

    permission_classes = (InArea(StaffArea.ORDERS),)

    @operation(
        "returns_reject",
        tag=TAG,
        request=StepSerializer,
        response=RETURN,
        errors=[ReturnNotFound, OrderNotFound, ReturnStepNotAllowed],
    )
    def post(self, request: Request, return_id: int) -> Response:
        """Reject a return."""
        note = parse_body(request, StepSerializer)["note"]
        row = returns.reject(return_id, by=actor_of(request), now=timezone.now(), note=note)
        return envelope(ReturnRecordSerializer(row).data, message="Return rejected.")


class ReturnWithdrawView(APIView):
    """Withdrawal of returns."""

    permission_classes = (HasAccountOrCartToken,)

    @operation(
        "returns_withdraw",
        tag=TAG,
        headers=[CART_TOKEN],
        response=RETURN,
        errors=[ReturnNotFound, OrderNotFound, ReturnStepNotAllowed],
    )
    def post(self, request: Request, return_id: int) -> Response:
        """Withdraw a return that isn't received yet."""
        selectors.return_for(return_id, viewer=viewer_of(request))
        row = returns.withdraw(return_id, by=actor_of(request), now=timezone.now())
        return envelope(ReturnRecordSerializer(row).data, message="Return withdrawn.")


class ReturnReceiveView(APIView):
    """Receipt of returns."""

    permission_classes = (InArea(StaffArea.ORDERS),)

    @operation(
        "returns_receive",
        tag=TAG,
        request=ReceiptSerializer,
        response=RETURN,
        errors=[ReturnNotFound, OrderNotFound, ReturnStepNotAllowed, TransitionNotAllowed, InsufficientStock],
    )
    def post(self, request: Request, return_id: int) -> Response:
        """Record the condition of the units of a return that has arrived.

        Resellable units enter the stock. The customer gets the money for resellable and damaged units.
        """
        body = parse_body(request, ReceiptSerializer)
        row = returns.receive(
            return_id,
            conditions=body["items"],
            refund_shipping=body["refund_shipping"],
            by=actor_of(request),
            now=timezone.now(),
        )
        return envelope(ReturnRecordSerializer(row).data, message="Return received.")
