"""Cart endpoints."""

from datetime import datetime

from django.utils import timezone
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.api.owners import CART_TOKEN
from backend.api.parameters import parse_body
from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation
from backend.api.shoppers import shopper_of
from backend.api.throttles import BrowseThrottle, ScopedThrottle
from backend.carts import services
from backend.carts.callers import Caller, caller_of, caller_with_token
from backend.carts.errors import CartFull, CartItemNotFound, CurrencyMismatch, UnitLimitExceeded
from backend.carts.promoted import PromotedCart, promoted_cart
from backend.carts.serializers import (
    CartSerializer,
    EnteredCodeSerializer,
    NewCartItemSerializer,
    QuantitySerializer,
)
from backend.catalog.errors import ProductNotFound, VariantNotFound, VariantRequired
from backend.inventory.errors import InsufficientStock
from backend.promotions.codes import enter_code, normalised, withdraw_code
from backend.promotions.errors import PromotionCodeNotFound, TooManyCodes
from backend.promotions.explanation_serializers import applied, refused

CODE_PARAMETER = {
    "name": "code",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "example": "WELCOME5"},
    "description": "The code, in any case.",
}


def _cart(caller: Caller, *, now: datetime, message: str = "", status: int = 200) -> Response:
    cart = promoted_cart(caller.owner, now=now)
    return envelope(_shown(cart, caller=caller), message=message, status=status)


def _shown(cart: PromotedCart, *, caller: Caller) -> object:
    contents = cart.contents
    return CartSerializer(
        {
            "discount_amount": contents.discount_amount,
            "codes": cart.codes,
            "promotions": applied(cart.evaluation),
            "refused_codes": refused(cart.evaluation, with_code_only=True),
            "lines": contents.lines,
            "units": contents.units,
            "subtotal": contents.subtotal,
            "currency": contents.currency,
            "cart_token": caller.token,
            "merged": caller.merged,
        }
    ).data


class CartView(APIView):
    """The caller's cart."""

    permission_classes = (AllowAny,)
    throttle_classes = (BrowseThrottle,)

    @operation("cart_get", tag="cart", headers=[CART_TOKEN], response=envelope_of(CartSerializer))
    def get(self, request: Request) -> Response:
        """Show the cart at current prices."""
        now = timezone.now()
        return _cart(caller_of(request, now=now), now=now)

    @operation(
        "cart_items_create",
        tag="cart",
        request=NewCartItemSerializer,
        headers=[CART_TOKEN],
        response=envelope_of(CartSerializer),
        status=201,
        errors=[
            ProductNotFound,
            VariantNotFound,
            VariantRequired,
            InsufficientStock,
            CartFull,
            CurrencyMismatch,
            UnitLimitExceeded,
        ],
    )
    def post(self, request: Request) -> Response:
        """Add a product to the cart.

        If the variant is in the cart already, the units are added to its line. A guest without a token gets
        one.
        """
        now = timezone.now()
        body = parse_body(request, NewCartItemSerializer)
        shopper = shopper_of(request)
        claim = services.Claim(
            exposure_id=body["exposure_id"], shopper_key=shopper.key, added_at=now, arrival=shopper.arrival
        )
        caller, owner = caller_with_token(request, now=now)
        services.add_item(
            owner,
            product_id=body.get("product_id"),
            variant_id=body.get("variant_id"),
            quantity=body["quantity"],
            claim=claim,
        )
        return _cart(caller, now=now, message="Added to your cart.", status=201)


class CartItemView(APIView):
    """A line of the caller's cart."""

    permission_classes = (AllowAny,)
    throttle_classes = (BrowseThrottle,)

    @operation(
        "cart_items_update",
        tag="cart",
        request=QuantitySerializer,
        headers=[CART_TOKEN],
        response=envelope_of(CartSerializer),
        errors=[CartItemNotFound, InsufficientStock, UnitLimitExceeded],
    )
    def put(self, request: Request, item_id: int) -> Response:
        """Change the quantity of a cart item."""
        now = timezone.now()
        body = parse_body(request, QuantitySerializer)
        caller = caller_of(request, now=now)
        if caller.owner is None:
            raise CartItemNotFound(item_id=item_id)
        services.change_quantity(caller.owner, item_id=item_id, quantity=body["quantity"], now=now)
        return _cart(caller, now=now, message="Quantity changed.")

    @operation(
        "cart_items_delete",
        tag="cart",
        headers=[CART_TOKEN],
        response=envelope_of(CartSerializer),
        errors=[CartItemNotFound],
    )
    def delete(self, request: Request, item_id: int) -> Response:
        """Remove an item from the cart.

        Returns the cart without the item.
        """
        now = timezone.now()
        caller = caller_of(request, now=now)
        if caller.owner is None:
            raise CartItemNotFound(item_id=item_id)
        services.remove_item(caller.owner, item_id=item_id, now=now)
        return _cart(caller, now=now, message="Removed from your cart.")


class CodesThrottle(ScopedThrottle):
    """Codes that are entered, which could be used to guess some."""

    scope = "codes"


class CartCodesView(APIView):
    """The codes of the caller's cart."""

    permission_classes = (AllowAny,)
    throttle_classes = (CodesThrottle,)

    @operation(
        "cart_codes_create",
        tag="cart",
        request=EnteredCodeSerializer,
        headers=[CART_TOKEN],
        response=envelope_of(CartSerializer),
        status=201,
        errors=[PromotionCodeNotFound, TooManyCodes],
    )
    def post(self, request: Request) -> Response:
        """Enter the code of a promotion.

        A code stays in the cart although it doesn't apply yet; `refused_codes` says why. A guest without a
        token gets one.
        """
        now = timezone.now()
        body = parse_body(request, EnteredCodeSerializer)
        caller, owner = caller_with_token(request, now=now)
        enter_code(owner, body["code"], now=now)
        return _cart(caller, now=now, message="Code entered.", status=201)


class CartCodeView(APIView):
    """A code of the caller's cart."""

    permission_classes = (AllowAny,)
    throttle_classes = (BrowseThrottle,)

    @operation(
        "cart_codes_delete",
        tag="cart",
        headers=[CART_TOKEN],
        parameters=[CODE_PARAMETER],
        response=envelope_of(CartSerializer),
        errors=[PromotionCodeNotFound],
    )
    def delete(self, request: Request, code: str) -> Response:
        """Remove a code from the cart.

        Returns the cart without it.
        """
        now = timezone.now()
        caller = caller_of(request, now=now)
        if caller.owner is None:
            raise PromotionCodeNotFound(code=normalised(code))
        withdraw_code(caller.owner, code)
        return _cart(caller, now=now, message="Code removed.")
