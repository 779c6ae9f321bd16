"""The endpoint of refunds without units."""

from django.utils import timezone
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.areas import StaffArea
from backend.accounts.permissions import HasAccountOrCartToken, InArea
from backend.api.owners import CART_TOKEN
from backend.api.pagination import page_response, rows_of
from backend.api.parameters import PageParameters, parse, parse_body
from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation, page_of
from backend.audit.actors import actor_of
from backend.orders import selectors
from backend.orders.access import viewer_of
from backend.orders.errors import OrderNotFound, RefundTooLarge, TransitionNotAllowed
from backend.orders.refund_serializers import GrantedRefundSerializer, NewRefundSerializer
from backend.orders.refunds import grant_refund
from backend.orders.serializers import OrderSerializer, shown_order


class RefundListView(APIView):
    """The refunds of an order that were granted without a return of units."""

    def get_permissions(self) -> list[BasePermission]:
        """Let customers and guests read; only staff grant refunds."""
        return [InArea(StaffArea.ORDERS)()] if self.request.method == "POST" else [HasAccountOrCartToken()]

    @operation(
        "orders_refunds_list",
        tag="orders",
        headers=[CART_TOKEN],
        query=PageParameters,
        response=page_of(GrantedRefundSerializer),
        errors=[OrderNotFound],
    )
    def get(self, request: Request, order_id: int) -> Response:
        """List the refunds of an order that were granted without a return of units."""
        parameters, viewer = parse(request, PageParameters), viewer_of(request)
        selectors.require_visible(order_id, viewer=viewer)
        rows = selectors.granted_refunds_of(order_id)
        return page_response(request, rows, parameters=parameters, shown=rows_of(GrantedRefundSerializer))

    @operation(
        "orders_refunds_create",
        tag="orders",
        request=NewRefundSerializer,
        response=envelope_of(OrderSerializer),
        status=201,
        errors=[OrderNotFound, TransitionNotAllowed, RefundTooLarge],
    )
    def post(self, request: Request, order_id: int) -> Response:
        """Refund a part of the price as goodwill, or shipping, without a return of units.

        What was paid already is paid back; otherwise less is captured or collected.
        """
        body = parse_body(request, NewRefundSerializer)
        grant_refund(
            order_id,
            amount=body.get("amount"),
            shipping=body["shipping"],
            reason=body["reason"],
            by=actor_of(request),
            now=timezone.now(),
        )
        order = selectors.order_for(order_id, viewer=viewer_of(request))
        return envelope(shown_order(order), message="Refund granted.", status=201)
