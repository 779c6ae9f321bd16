"""The cart's endpoints."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.authentication import account_of
from backend.api.parameters import parse_body
from backend.api.responses import envelope
from backend.api.schema import envelope_of
from backend.api.shoppers import shopper_of
from backend.api.throttles import BrowseThrottle
from backend.carts import selectors, services
from backend.carts.serializers import CartSerializer, NewCartItemSerializer, QuantitySerializer


def _cart(user_id: int, *, message: str = "", status: int = 200) -> Response:
    shown = CartSerializer(selectors.cart_contents(user_id)).data
    return envelope(shown, message=message, status=status)


class CartView(APIView):
    """A customer's cart."""

    throttle_classes = (BrowseThrottle,)

    @extend_schema(responses=envelope_of(CartSerializer), tags=["cart"])
    def get(self, request: Request) -> Response:
        """Show the cart at today's prices."""
        return _cart(account_of(request).pk)

    @extend_schema(request=NewCartItemSerializer, responses={201: envelope_of(CartSerializer)}, tags=["cart"])
    def post(self, request: Request) -> Response:
        """Put something into the cart."""
        user = account_of(request)
        asked = parse_body(request, NewCartItemSerializer)
        claim = services.Claim(
            exposure_id=asked["exposure_id"], shopper_key=shopper_of(request).key, added_at=timezone.now()
        )
        services.add_item(
            user.pk,
            product_id=asked.get("product_id"),
            variant_id=asked.get("variant_id"),
            quantity=asked["quantity"],
            claim=claim,
        )
        return _cart(user.pk, message="Added to your cart.", status=201)


class CartItemView(APIView):
    """A line of a customer's cart."""

    throttle_classes = (BrowseThrottle,)

    @extend_schema(request=QuantitySerializer, responses=envelope_of(CartSerializer), tags=["cart"])
    def put(self, request: Request, item_id: int) -> Response:
        """Change how many units it holds."""
        user = account_of(request)
        asked = parse_body(request, QuantitySerializer)
        services.change_quantity(user.pk, item_id=item_id, quantity=asked["quantity"])
        return _cart(user.pk, message="Quantity changed.")

    @extend_schema(responses=envelope_of(CartSerializer), tags=["cart"])
    def delete(self, request: Request, item_id: int) -> Response:
        """Take it out."""
        user = account_of(request)
        services.remove_item(user.pk, item_id=item_id)
        return _cart(user.pk, message="Removed from your cart.")
