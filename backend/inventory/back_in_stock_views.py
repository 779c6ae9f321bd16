"""The endpoints of back-in-stock subscriptions."""

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.authentication import account_of
from backend.api.pagination import page_response, rows_of
from backend.api.parameters import PageParameters, parse, parse_body
from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation, page_of
from backend.audit.actors import actor_of
from backend.catalog.errors import ProductNotFound, VariantNotFound, VariantRequired
from backend.catalog.selectors import require_product
from backend.catalog.variants import resolve_variant, variants_for_sale
from backend.inventory import back_in_stock, selectors
from backend.inventory.errors import TooManySubscriptions, VariantAvailable
from backend.inventory.serializers import (
    BackInStockSubscriptionSerializer,
    EndedSubscriptionParameters,
    NewSubscriptionSerializer,
)


class OwnSubscriptionsView(APIView):
    """The caller's subscriptions."""

    @operation(
        "back_in_stock_subscriptions_list",
        tag="products",
        query=PageParameters,
        response=page_of(BackInStockSubscriptionSerializer),
    )
    def get(self, request: Request) -> Response:
        """List your back-in-stock subscriptions, newest first.

        A subscription ends when you are notified that its variant is available.
        """
        parameters = parse(request, PageParameters)
        rows = selectors.subscriptions_of(account_of(request))
        shown = rows_of(BackInStockSubscriptionSerializer)
        return page_response(request, rows, parameters=parameters, shown=shown)


class ProductSubscriptionsView(APIView):
    """The caller's subscriptions to variants of a product."""

    @operation(
        "product_back_in_stock_subscriptions_list",
        tag="products",
        response=envelope_of(BackInStockSubscriptionSerializer(many=True)),
        errors=[ProductNotFound],
    )
    def get(self, request: Request, product_id: int) -> Response:
        """List your back-in-stock subscriptions to a product's variants."""
        require_product(product_id)
        return _subscriptions(request, product_id=product_id)

    @operation(
        "product_back_in_stock_subscriptions_create",
        tag="products",
        request=NewSubscriptionSerializer,
        response=envelope_of(BackInStockSubscriptionSerializer),
        status=201,
        errors=[ProductNotFound, VariantNotFound, VariantRequired, VariantAvailable, TooManySubscriptions],
    )
    def post(self, request: Request, product_id: int) -> Response:
        """Subscribe to a variant that is out of stock.

        You are notified once, by e-mail, when units are available. They are not reserved for you: all
        subscribers are notified, even if there are fewer units. Repeating the request changes nothing.
        """
        body = parse_body(request, NewSubscriptionSerializer)
        variant = resolve_variant(
            variants_for_sale(), product_id=product_id, variant_id=body.get("variant_id")
        )
        row = back_in_stock.subscribe(
            account_of(request), variant=variant, by=actor_of(request), now=timezone.now()
        )
        row.variant = variant
        return envelope(BackInStockSubscriptionSerializer(row).data, message="Subscribed.", status=201)

    @operation(
        "product_back_in_stock_subscriptions_delete",
        tag="products",
        query=EndedSubscriptionParameters,
        response=envelope_of(BackInStockSubscriptionSerializer(many=True)),
        errors=[ProductNotFound],
    )
    def delete(self, request: Request, product_id: int) -> Response:
        """End your back-in-stock subscriptions to a product's variants.

        The response lists those that remain. Repeating the request changes nothing.
        """
        parameters = parse(request, EndedSubscriptionParameters)
        require_product(product_id)
        back_in_stock.unsubscribe(
            account_of(request),
            product_id=product_id,
            variant_id=parameters.get("variant_id"),
            by=actor_of(request),
        )
        return _subscriptions(request, product_id=product_id, message="Unsubscribed.")


def _subscriptions(request: Request, *, product_id: int, message: str = "") -> Response:
    rows = selectors.subscriptions_of(account_of(request), product_id=product_id)
    return envelope(BackInStockSubscriptionSerializer(rows, many=True).data, message=message)
