"""Cart endpoints."""

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.authentication import account_of
from backend.api.parameters import parse_body
from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation
from backend.api.shoppers import shopper_of
from backend.api.throttles import BrowseThrottle
from backend.carts import selectors, services
from backend.carts.errors import CartFull, CartItemNotFound, CurrencyMismatch
from backend.carts.serializers import CartSerializer, NewCartItemSerializer, QuantitySerializer
from backend.catalog.errors import ProductNotFound, VariantNotFound, VariantRequired
from backend.inventory.errors import InsufficientStock


def _cart(user_id: int, *, message: str = "", status: int = 200) -> Response:
    shown = CartSerializer(selectors.cart_contents(user_id)).data
    return envelope(shown, message=message, status=status)


class CartView(APIView):
    """A customer's cart."""

    throttle_classes = (BrowseThrottle,)

    @operation("cart_get", tag="cart", response=envelope_of(CartSerializer))
    def get(self, request: Request) -> Response:
        """Show the cart at current prices."""
        return _cart(account_of(request).pk)

    @operation(
        "cart_items_create",
        tag="cart",
        request=NewCartItemSerializer,
        response=envelope_of(CartSerializer),
        status=201,
        errors=[
            ProductNotFound,
            VariantNotFound,
            VariantRequired,
            InsufficientStock,
            CartFull,
            CurrencyMismatch,
        ],
    )
    def post(self, request: Request) -> Response:
        """Add a product to the cart.

        If the variant is in the cart already, the units are added to its line.
        """
        user = account_of(request)
        body = parse_body(request, NewCartItemSerializer)
        claim = services.Claim(
            exposure_id=body["exposure_id"], shopper_key=shopper_of(request).key, added_at=timezone.now()
        )
        services.add_item(
            user.pk,
            product_id=body.get("product_id"),
            variant_id=body.get("variant_id"),
            quantity=body["quantity"],
            claim=claim,
        )
        return _cart(user.pk, message="Added to your cart.", status=201)


class CartItemView(APIView):
    """A line of a customer's cart."""

    throttle_classes = (BrowseThrottle,)

    @operation(
        "cart_items_update",
        tag="cart",
        request=QuantitySerializer,
        response=envelope_of(CartSerializer),
        errors=[CartItemNotFound, InsufficientStock],
    )
    def put(self, request: Request, item_id: int) -> Response:
        """Change the quantity of a cart item."""
        user = account_of(request)
        body = parse_body(request, QuantitySerializer)
        services.change_quantity(user.pk, item_id=item_id, quantity=body["quantity"])
        return _cart(user.pk, message="Quantity changed.")

    @operation(
        "cart_items_delete", tag="cart", response=envelope_of(CartSerializer), errors=[CartItemNotFound]
    )
    def delete(self, request: Request, item_id: int) -> Response:
        """Remove an item from the cart.

        Returns the cart without the item.
        """
        user = account_of(request)
        services.remove_item(user.pk, item_id=item_id)
        return _cart(user.pk, message="Removed from your cart.")
