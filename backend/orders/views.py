"""The orders' endpoints."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.authentication import account_of
from backend.accounts.permissions import IsStaff
from backend.api.idempotency import IDEMPOTENCY_KEY, once
from backend.api.pagination import PageSpan, page_envelope, page_of_rows
from backend.api.parameters import parse, parse_body
from backend.api.responses import envelope
from backend.api.schema import envelope_of, page_of
from backend.audit.actors import actor_of
from backend.orders import selectors, services
from backend.orders.checkout import place_order
from backend.orders.serializers import (
    CheckoutSerializer,
    OrderListParameters,
    OrderSerializer,
    OrderSummarySerializer,
    ReturnSerializer,
    StepSerializer,
)


def _order(request: Request, order_id: int, *, message: str = "", status: int = 200) -> Response:
    order = selectors.order_for(order_id, user=account_of(request))
    return envelope(OrderSerializer(order).data, message=message, status=status)


class OrderListView(APIView):
    """A customer's orders; staff see everybody's."""

    @extend_schema(
        parameters=[OrderListParameters],
        responses=page_of(OrderSummarySerializer),
        operation_id="orders_list",
        tags=["orders"],
    )
    def get(self, request: Request) -> Response:
        """List orders, newest first."""
        asked = parse(request, OrderListParameters)
        span = PageSpan(page=asked["page"], page_size=asked["page_size"])
        rows = selectors.orders_seen_by(account_of(request), status=asked.get("status"))
        count, page = page_of_rows(rows, span)
        shown = OrderSummarySerializer(page, many=True).data
        return Response(page_envelope(request, shown, count=count, span=span))

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=CheckoutSerializer,
        responses={201: envelope_of(OrderSerializer)},
        tags=["orders"],
    )
    def post(self, request: Request) -> Response:
        """Order what is in the cart, to be paid in cash on delivery."""
        asked = parse_body(request, CheckoutSerializer)
        now = timezone.now()

        def perform() -> Response:
            order = place_order(account_of(request), **asked, by=actor_of(request), now=now)
            return _order(request, order.pk, message="Order placed.", status=201)

        return once(request, perform, scope="checkout", now=now)


class OrderView(APIView):
    """One order."""

    @extend_schema(responses=envelope_of(OrderSerializer), tags=["orders"])
    def get(self, request: Request, order_id: int) -> Response:
        """Show an order with its items and history."""
        return _order(request, order_id)


class ShipView(APIView):
    """Orders leaving the house."""

    permission_classes = (IsStaff,)

    @extend_schema(request=StepSerializer, responses=envelope_of(OrderSerializer), tags=["orders"])
    def post(self, request: Request, order_id: int) -> Response:
        """Ship an order: its units leave the stock."""
        asked = parse_body(request, StepSerializer)
        services.ship(order_id, by=actor_of(request), now=timezone.now(), note=asked["note"])
        return _order(request, order_id, message="Order shipped.")


class DeliverView(APIView):
    """Orders reaching their customers."""

    permission_classes = (IsStaff,)

    @extend_schema(request=StepSerializer, responses=envelope_of(OrderSerializer), tags=["orders"])
    def post(self, request: Request, order_id: int) -> Response:
        """Note that an order was delivered and paid."""
        asked = parse_body(request, StepSerializer)
        services.deliver(order_id, by=actor_of(request), now=timezone.now(), note=asked["note"])
        return _order(request, order_id, message="Order delivered.")


class CancelView(APIView):
    """Orders that are not wanted any more."""

    @extend_schema(request=StepSerializer, responses=envelope_of(OrderSerializer), tags=["orders"])
    def post(self, request: Request, order_id: int) -> Response:
        """Cancel an order that was not shipped yet: one's own, or as staff any."""
        asked = parse_body(request, StepSerializer)
        user = account_of(request)
        selectors.require_visible(order_id, user=user)
        services.cancel(order_id, by=actor_of(request), now=timezone.now(), note=asked["note"])
        return _order(request, order_id, message="Order cancelled.")


class ReturnView(APIView):
    """Units coming back."""

    permission_classes = (IsStaff,)

    @extend_schema(request=ReturnSerializer, responses=envelope_of(OrderSerializer), tags=["orders"])
    def post(self, request: Request, order_id: int) -> Response:
        """Take units of a shipped order back into stock."""
        asked = parse_body(request, ReturnSerializer)
        services.take_back(
            order_id, units=asked["items"], by=actor_of(request), now=timezone.now(), note=asked["note"]
        )
        return _order(request, order_id, message="Units taken back.")
