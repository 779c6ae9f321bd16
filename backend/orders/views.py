"""Order endpoints."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.areas import StaffArea
from backend.accounts.authentication import account_of
from backend.accounts.permissions import HasAccountOrCartToken, InArea
from backend.addresses.errors import AddressNotFound
from backend.api.errors import InvalidInput
from backend.api.idempotency import IDEMPOTENCY_KEY, once
from backend.api.owners import CART_TOKEN, Owner
from backend.api.pagination import page_response, rows_of
from backend.api.parameters import PageParameters, parse, parse_body
from backend.api.responses import envelope
from backend.api.rows import LastRows
from backend.api.schema import envelope_of, operation, page_of
from backend.api.shoppers import shopper_of
from backend.audit.actors import actor_of
from backend.carts.callers import caller_of
from backend.carts.errors import UnitLimitExceeded
from backend.inventory.errors import InsufficientStock, ReservationClosed, ReservationShort
from backend.orders import selectors
from backend.orders.access import viewer_of
from backend.orders.cancellation import cancel_units
from backend.orders.checkout import Purchase, place_order
from backend.orders.destinations import with_shipping_address
from backend.orders.errors import (
    CartEmpty,
    CurrencyChanged,
    ItemsUnavailable,
    OrderNotFound,
    OrderTooLarge,
    PriceChanged,
    ReturnTooLarge,
    TransitionNotAllowed,
    UnitsNotLeft,
)
from backend.orders.fulfilment_serializers import CancelSerializer
from backend.orders.models import OrderStatus
from backend.orders.pricing import tariff
from backend.orders.requests import (
    CheckoutSerializer,
    OrderListParameters,
    ReturnedUnitsSerializer,
    StepSerializer,
)
from backend.orders.returns import receive_at_once
from backend.orders.serializers import OrderSerializer, OrderSummarySerializer, shown_order
from backend.orders.shipments import deliver_all, ship_all
from backend.payments.errors import GatewayNotOffered
from backend.promotions.errors import PromotionUsedUp
from backend.promotions.reading import terms_for
from backend.shipping.errors import DestinationNotServed, ShippingMethodUnavailable

PAGE = frozenset(PageParameters().fields)


def _order(request: Request, order_id: int, *, message: str = "", status: int = 200) -> Response:
    order = selectors.order_for(order_id, viewer=viewer_of(request))
    return envelope(shown_order(order), message=message, status=status)


class OrderListView(APIView):
    """The orders of a customer or a guest; for staff, all orders."""

    permission_classes = (HasAccountOrCartToken,)

    @operation(
        "orders_list",
        tag="orders",
        headers=[CART_TOKEN],
        query=OrderListParameters,
        response=page_of(OrderSummarySerializer),
    )
    def get(self, request: Request) -> Response:
        """List orders, newest first.

        Customers and guests see their own orders, staff see all orders and can search them.
        """
        parameters = parse(request, OrderListParameters)
        filters = {name: value for name, value in parameters.items() if name not in PAGE}
        rows = selectors.orders_visible_to(viewer_of(request), filters=selectors.OrderFilters(**filters))
        return page_response(request, rows, parameters=parameters, shown=rows_of(OrderSummarySerializer))

    @operation(
        "orders_create",
        tag="orders",
        request=CheckoutSerializer,
        headers=[IDEMPOTENCY_KEY, CART_TOKEN],
        response=envelope_of(OrderSerializer),
        status=201,
        errors=[
            CartEmpty,
            ItemsUnavailable,
            InsufficientStock,
            UnitLimitExceeded,
            AddressNotFound,
            DestinationNotServed,
            ShippingMethodUnavailable,
            OrderTooLarge,
            PriceChanged,
            CurrencyChanged,
            PromotionUsedUp,
            GatewayNotOffered,
        ],
    )
    def post(self, request: Request) -> Response:
        """Order the items in the cart.

        A cash-on-delivery order is confirmed at once, any other when it is paid. The cart is then empty.
        """
        body, now = parse_body(request, CheckoutSerializer), timezone.now()
        owner = caller_of(request, now=now).owner
        if owner is None:
            raise NotAuthenticated
        body = with_shipping_address(body, owner=owner)
        purchase = _purchase(owner, request=request, body=body, now=now)

        def perform(last_rows: LastRows) -> Response:
            order = place_order(purchase, by=actor_of(request), now=now, last_rows=last_rows)
            return envelope(shown_order(order), message="Order placed.", status=201)

        return once(request, perform, scope="checkout", now=now)


def _purchase(owner: Owner, *, request: Request, body: dict[str, Any], now: datetime) -> Purchase:
    """Return the purchase.

    Raises:
        InvalidInput: a guest gives no e-mail address.
    """
    if owner.user_id is None:
        if not body["email"]:
            raise InvalidInput(email="A guest's order needs an e-mail address.")
        address = body["shipping_address"]
        name, phone = address.get("name", ""), address.get("phone", "")
    else:
        user = account_of(request)
        name, phone = user.get_full_name(), user.phone or ""
    arrival = shopper_of(request).arrival
    return Purchase(
        owner=owner,
        tariff=tariff(),
        terms=terms_for(owner, email=body["email"], now=now),
        arrival=arrival,
        name=name,
        phone=phone,
        **body,
    )


class OrderView(APIView):
    """One order."""

    permission_classes = (HasAccountOrCartToken,)

    @operation(
        "orders_get",
        tag="orders",
        headers=[CART_TOKEN],
        response=envelope_of(OrderSerializer),
        errors=[OrderNotFound],
    )
    def get(self, request: Request, order_id: int) -> Response:
        """Show an order with its items and history."""
        return _order(request, order_id)


class ShipView(APIView):
    """Shipping of orders."""

    permission_classes = (InArea(StaffArea.ORDERS),)

    @operation(
        "orders_ship",
        tag="orders",
        request=StepSerializer,
        response=envelope_of(OrderSerializer),
        errors=[OrderNotFound, TransitionNotAllowed, ReservationClosed, ReservationShort],
    )
    def post(self, request: Request, order_id: int) -> Response:
        """Ship everything that is left of an order.

        There is a shipment for each seller. The units are taken out of stock.
        """
        body = parse_body(request, StepSerializer)
        ship_all(order_id, by=actor_of(request), now=timezone.now(), note=body["note"])
        return _order(request, order_id, message="Order shipped.")


class DeliverView(APIView):
    """Delivery of orders."""

    permission_classes = (InArea(StaffArea.ORDERS),)

    @operation(
        "orders_deliver",
        tag="orders",
        request=StepSerializer,
        response=envelope_of(OrderSerializer),
        errors=[OrderNotFound, TransitionNotAllowed, UnitsNotLeft],
    )
    def post(self, request: Request, order_id: int) -> Response:
        """Record that everything shipped was delivered.

        If the order is paid in cash, what the delivered units cost is recorded as paid.
        """
        body = parse_body(request, StepSerializer)
        deliver_all(order_id, by=actor_of(request), now=timezone.now(), note=body["note"])
        return _order(request, order_id, message="Order delivered.")


class CancelView(APIView):
    """Cancellation of units that are not shipped yet."""

    permission_classes = (HasAccountOrCartToken,)

    @operation(
        "orders_cancel",
        tag="orders",
        headers=[CART_TOKEN],
        request=CancelSerializer,
        response=envelope_of(OrderSerializer),
        errors=[OrderNotFound, TransitionNotAllowed, UnitsNotLeft, ReservationClosed],
    )
    def post(self, request: Request, order_id: int) -> Response:
        """Cancel the units of an order that are not shipped yet, or some of them.

        Customers and guests can cancel units of their own orders, staff of any order. An order that isn't
        paid yet can be cancelled as a whole only.
        """
        body = parse_body(request, CancelSerializer)
        selectors.require_visible(order_id, viewer=viewer_of(request))
        order = cancel_units(
            order_id,
            units=body.get("items"),
            by=actor_of(request),
            now=timezone.now(),
            note=body["note"],
        )
        is_cancelled = order.status == OrderStatus.CANCELLED
        return _order(request, order_id, message="Order cancelled." if is_cancelled else "Units cancelled.")


class ReturnView(APIView):
    """Returns of shipped units."""

    permission_classes = (InArea(StaffArea.ORDERS),)

    @operation(
        "orders_return",
        tag="orders",
        request=ReturnedUnitsSerializer,
        response=envelope_of(OrderSerializer),
        errors=[OrderNotFound, TransitionNotAllowed, ReturnTooLarge],
    )
    def post(self, request: Request, order_id: int) -> Response:
        """Take units of a shipped order back into stock at once.

        The return needs no request; its units are resellable.
        """
        body = parse_body(request, ReturnedUnitsSerializer)
        receive_at_once(
            order_id,
            units=body["items"],
            refund_shipping=body["refund_shipping"],
            by=actor_of(request),
            now=timezone.now(),
            note=body["note"],
        )
        return _order(request, order_id, message="Return recorded.")
