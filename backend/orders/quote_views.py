"""The endpoint of quotes."""

from django.utils import timezone
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.permissions import HasAccountOrCartToken
from backend.addresses.errors import AddressNotFound
from backend.api.owners import CART_TOKEN
from backend.api.parameters import parse_body
from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation
from backend.api.throttles import BrowseThrottle
from backend.carts.callers import caller_of
from backend.orders.destinations import with_shipping_address
from backend.orders.errors import CartEmpty, ItemsUnavailable
from backend.orders.quote_serializers import QuoteRequestSerializer, QuoteSerializer
from backend.orders.quotes import quote
from backend.shipping.errors import DestinationNotServed


class QuoteView(APIView):
    """Quotes for the caller's cart."""

    permission_classes = (HasAccountOrCartToken,)
    throttle_classes = (BrowseThrottle,)

    @operation(
        "orders_quote",
        tag="orders",
        request=QuoteRequestSerializer,
        headers=[CART_TOKEN],
        response=envelope_of(QuoteSerializer),
        errors=[AddressNotFound, CartEmpty, ItemsUnavailable, DestinationNotServed],
    )
    def post(self, request: Request) -> Response:
        """Show what the cart costs at an address, by shipping method.

        Nothing is stored or reserved. Send a method's `code` and `total_amount` and the quote's `currency` to
        checkout as `shipping_method`, `expected_total` and `expected_currency`, so that the order is refused
        if one has changed.
        """
        body = parse_body(request, QuoteRequestSerializer)
        now = timezone.now()
        owner = caller_of(request, now=now).owner
        if owner is None:
            raise NotAuthenticated
        address = with_shipping_address(body, owner=owner)["shipping_address"]
        return envelope(QuoteSerializer(quote(owner, address=address, now=now)).data)
