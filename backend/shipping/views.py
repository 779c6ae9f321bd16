"""Endpoints of shipping methods, for staff."""

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.areas import StaffArea
from backend.accounts.permissions import InArea
from backend.api.pagination import page_response, rows_of
from backend.api.parameters import PageParameters, parse, parse_body
from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation, page_of
from backend.audit.actors import actor_of
from backend.shipping import selectors, services
from backend.shipping.errors import ShippingMethodExists, ShippingMethodNotFound
from backend.shipping.models import ShippingMethod
from backend.shipping.serializers import (
    DeletedShippingMethodSerializer,
    ShippingMethodInputSerializer,
    ShippingMethodSerializer,
)

TAG = "taxes and shipping"


class ShippingMethodListView(APIView):
    """The table of shipping methods."""

    permission_classes = (InArea(StaffArea.ORDERS),)

    @operation(
        "shipping_methods_list", tag=TAG, query=PageParameters, response=page_of(ShippingMethodSerializer)
    )
    def get(self, request: Request) -> Response:
        """List the shipping methods, by code."""
        parameters = parse(request, PageParameters)
        rows = ShippingMethod.objects.all()
        return page_response(request, rows, parameters=parameters, shown=rows_of(ShippingMethodSerializer))

    @operation(
        "shipping_methods_create",
        tag=TAG,
        request=ShippingMethodInputSerializer,
        response=envelope_of(ShippingMethodSerializer),
        status=201,
        errors=[ShippingMethodExists],
    )
    def post(self, request: Request) -> Response:
        """Create a shipping method.

        With the first method, the table replaces the setting SHIPPING_COST: what no method ships can't be
        ordered.
        """
        method = services.create_shipping_method(
            parse_body(request, ShippingMethodInputSerializer), by=actor_of(request)
        )
        return envelope(ShippingMethodSerializer(method).data, message="Shipping method created.", status=201)


class ShippingMethodView(APIView):
    """A shipping method."""

    permission_classes = (InArea(StaffArea.ORDERS),)

    @operation(
        "shipping_methods_get",
        tag=TAG,
        response=envelope_of(ShippingMethodSerializer),
        errors=[ShippingMethodNotFound],
    )
    def get(self, request: Request, shipping_method_id: int) -> Response:
        """Show a shipping method."""
        return envelope(ShippingMethodSerializer(selectors.shipping_method_for(shipping_method_id)).data)

    @operation(
        "shipping_methods_update",
        tag=TAG,
        request=ShippingMethodInputSerializer,
        response=envelope_of(ShippingMethodSerializer),
        errors=[ShippingMethodNotFound, ShippingMethodExists],
    )
    def put(self, request: Request, shipping_method_id: int) -> Response:
        """Replace a shipping method.

        It applies to orders that are placed afterwards.
        """
        values = parse_body(request, ShippingMethodInputSerializer)
        method = services.replace_shipping_method(shipping_method_id, values=values, by=actor_of(request))
        return envelope(ShippingMethodSerializer(method).data, message="Shipping method changed.")

    @operation(
        "shipping_methods_delete",
        tag=TAG,
        response=envelope_of(DeletedShippingMethodSerializer),
        errors=[ShippingMethodNotFound],
    )
    def delete(self, request: Request, shipping_method_id: int) -> Response:
        """Delete a shipping method.

        Without any method, the setting SHIPPING_COST applies everywhere.
        """
        services.delete_shipping_method(shipping_method_id, by=actor_of(request))
        return envelope(
            DeletedShippingMethodSerializer({"id": shipping_method_id}).data,
            message="Shipping method deleted.",
        )
