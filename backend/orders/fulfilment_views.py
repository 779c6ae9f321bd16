"""Endpoints of shipments and of sellers' sales, and the lookup of guests' orders."""

from django.utils import timezone
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.areas import StaffArea
from backend.accounts.authentication import account_of
from backend.accounts.permissions import SellerOrInArea
from backend.api.pagination import page_response, rows_of
from backend.api.parameters import parse, parse_body
from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation, page_of
from backend.api.throttles import ScopedThrottle
from backend.audit.actors import actor_of
from backend.inventory.errors import ReservationClosed, ReservationShort
from backend.orders import sales
from backend.orders.cancellation import cancel_units
from backend.orders.errors import (
    OrderNotFound,
    ShipmentDelivered,
    ShipmentNotFound,
    TransitionNotAllowed,
    UnitsNotLeft,
)
from backend.orders.fulfilment_serializers import (
    CancelSerializer,
    FoundOrderSerializer,
    LookupSerializer,
    NewShipmentSerializer,
    SaleListParameters,
    SaleSerializer,
)
from backend.orders.requests import StepSerializer
from backend.orders.selectors import order_with_email
from backend.orders.shipment_serializers import ShipmentSerializer
from backend.orders.shipments import create_shipment, deliver_shipment

TAG = "orders"


def _seller_id(request: Request) -> int | None:
    """Return the seller whose items the caller may change; None for staff, who may change all."""
    return account_of(request).limited_to_seller(StaffArea.ORDERS)


class ShipmentListView(APIView):
    """The shipments of an order."""

    permission_classes = (SellerOrInArea(StaffArea.ORDERS),)

    @operation(
        "shipments_create",
        tag=TAG,
        request=NewShipmentSerializer,
        response=envelope_of(ShipmentSerializer),
        status=201,
        errors=[OrderNotFound, TransitionNotAllowed, UnitsNotLeft, ReservationClosed, ReservationShort],
    )
    def post(self, request: Request, order_id: int) -> Response:
        """Ship units of an order in a parcel.

        The items belong to one seller: for sellers, these are their own ones. The units are taken out of
        stock.
        """
        body, seller_id = parse_body(request, NewShipmentSerializer), _seller_id(request)
        if seller_id is not None:
            sales.sale_for(order_id, seller_id=seller_id)
        shipment = create_shipment(
            order_id,
            units=body["items"],
            carrier=body["carrier"],
            tracking_number=body["tracking_number"],
            seller_id=seller_id,
            by=actor_of(request),
            now=timezone.now(),
            note=body["note"],
        )
        return envelope(ShipmentSerializer(shipment).data, message="Shipment created.", status=201)


class ShipmentDeliverView(APIView):
    """Delivery of shipments."""

    permission_classes = (SellerOrInArea(StaffArea.ORDERS),)

    @operation(
        "shipments_deliver",
        tag=TAG,
        request=StepSerializer,
        response=envelope_of(ShipmentSerializer),
        errors=[OrderNotFound, ShipmentNotFound, ShipmentDelivered, TransitionNotAllowed],
    )
    def post(self, request: Request, order_id: int, shipment_id: int) -> Response:
        """Record that a shipment was delivered.

        If the order is paid in cash, what the delivered units cost is recorded as paid. Sellers can do so for
        their own shipments.
        """
        body = parse_body(request, StepSerializer)
        shipment = deliver_shipment(
            shipment_id,
            order_id=order_id,
            seller_id=_seller_id(request),
            by=actor_of(request),
            now=timezone.now(),
            note=body["note"],
        )
        return envelope(ShipmentSerializer(shipment).data, message="Shipment delivered.")


class SaleListView(APIView):
    """The sales of a seller."""

    permission_classes = (SellerOrInArea(StaffArea.ORDERS),)

    @operation("sales_list", tag=TAG, query=SaleListParameters, response=page_of(SaleSerializer))
    def get(self, request: Request) -> Response:
        """List the confirmed orders with items of the caller, newest first.

        Each has the caller's items and shipments only.
        """
        parameters = parse(request, SaleListParameters)
        rows = sales.sales_of(account_of(request).pk, to_ship=parameters["to_ship"])
        return page_response(request, rows, parameters=parameters, shown=rows_of(SaleSerializer))


class SaleView(APIView):
    """One sale of a seller."""

    permission_classes = (SellerOrInArea(StaffArea.ORDERS),)

    @operation("sales_get", tag=TAG, response=envelope_of(SaleSerializer), errors=[OrderNotFound])
    def get(self, request: Request, order_id: int) -> Response:
        """Show the caller's items and shipments of an order."""
        return envelope(SaleSerializer(sales.sale_for(order_id, seller_id=account_of(request).pk)).data)


class SaleCancelView(APIView):
    """Cancellation of a seller's items."""

    permission_classes = (SellerOrInArea(StaffArea.ORDERS),)

    @operation(
        "sales_cancel",
        tag=TAG,
        request=CancelSerializer,
        response=envelope_of(SaleSerializer),
        errors=[OrderNotFound, TransitionNotAllowed, UnitsNotLeft, ReservationClosed],
    )
    def post(self, request: Request, order_id: int) -> Response:
        """Cancel units of the caller's items that are not shipped.

        The customer gets the money back.
        """
        body, seller_id = parse_body(request, CancelSerializer), account_of(request).pk
        sales.sale_for(order_id, seller_id=seller_id)
        cancel_units(
            order_id,
            units=body.get("items"),
            seller_id=seller_id,
            by=actor_of(request),
            now=timezone.now(),
            note=body["note"],
        )
        sale = sales.sale_for(order_id, seller_id=seller_id)
        return envelope(SaleSerializer(sale).data, message="Units cancelled.")


class LookupThrottle(ScopedThrottle):
    """Lookups of orders, which could be used to guess numbers."""

    scope = "order_lookup"


class OrderLookupView(APIView):
    """Lookup of guests' orders."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (LookupThrottle,)

    @operation(
        "orders_lookup",
        tag=TAG,
        request=LookupSerializer,
        response=envelope_of(FoundOrderSerializer),
        errors=[OrderNotFound],
    )
    def post(self, request: Request) -> Response:
        """Show a guest's order by its number and e-mail address.

        A wrong number and a wrong address have the same response. Orders of accounts are not found.
        """
        body = parse_body(request, LookupSerializer)
        order = order_with_email(body["order_number"], email=body["email"])
        return envelope(FoundOrderSerializer(order).data)
