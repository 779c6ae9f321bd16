"""Recommendation endpoints, open to guests."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.api.consent import TRACKING_CONSENT
from backend.api.owners import CART_TOKEN, guest_of
from backend.api.parameters import parse
from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation
from backend.api.shoppers import ANONYMOUS_ID, Shopper, shopper_of
from backend.api.throttles import BrowseThrottle
from backend.catalog.errors import ProductNotFound
from backend.exposures.services import expose, new_id
from backend.recommendations import slots
from backend.recommendations.selectors import For, Recommended, recommended
from backend.recommendations.serializers import (
    ListParameters,
    RecommendationParameters,
    RecommendationsSerializer,
    SearchParameters,
    SlotSerializer,
    body,
)
from backend.recommendations.slots import Slot
from ml.exploration import shown_order

SURFACE = "recommendations"
HEADERS = [ANONYMOUS_ID, CART_TOKEN, TRACKING_CONSENT]


class SlotView(APIView):
    """A list of recommendations for a slot."""

    permission_classes = (AllowAny,)
    throttle_classes = (BrowseThrottle,)

    def _list(
        self,
        request: Request,
        slot: Slot,
        *,
        parameters: type[serializers.Serializer[Any]] = ListParameters,
        product_id: int | None = None,
    ) -> Response:
        """Return the list for the shopper, and store that it was shown.

        Raises:
            InvalidInput: a parameter, the anonymous id or the cart token is invalid.
            ProductNotFound: the product of the page doesn't exist, or the user may not see it.
        """
        given = parse(request, parameters)
        query = given.pop("q", "")
        shopper = shopper_of(request)
        asked_for = For(
            shopper=shopper,
            user=request.user,
            guest=_guest_of(request),
            product_id=product_id,
            query=query,
        )
        found = recommended(slot, asked_for, **given)
        # The order may depend on the id, so that it can be reproduced.
        exposure_id = new_id()
        share = 0.0 if slot.is_ordered else settings.RECOMMENDATION_EXPLORATION
        order = shown_order(len(found.items), share=share, seed=exposure_id.int)
        found = found.in_order(order.places) if order.propensities else found
        stored_id = _expose(found, exposure_id, shopper=shopper, query=query, propensities=order.propensities)
        return envelope(body(found, exposure_id=stored_id))


class UserRecommendationsView(SlotView):
    """Recommendations for the shopper."""

    @operation(
        "user_recommendations_get",
        tag="recommendations",
        query=RecommendationParameters,
        headers=HEADERS,
        response=envelope_of(RecommendationsSerializer),
    )
    def get(self, request: Request) -> Response:
        """Recommend products to the shopper.

        The shopper is the account of the access token, or the guest in the header X-Anonymous-Id. Products of
        the categories viewed last, trending and popular ones complete a short list. Left out are products
        that the account sells or has bought, and those in its cart or in that of the header X-Cart-Token.
        """
        return self._list(request, slots.HOME, parameters=RecommendationParameters)


class ProductRecommendationsView(SlotView):
    """Recommendations for a product's page."""

    @operation(
        "product_recommendations_get",
        tag="recommendations",
        query=RecommendationParameters,
        headers=HEADERS,
        response=envelope_of(RecommendationsSerializer),
        errors=[ProductNotFound],
    )
    def get(self, request: Request, product_id: int) -> Response:
        """Recommend products that go with a product.

        Popular products, first of its category, complete a short list. Left out are products that the account
        sells or has bought, and those in its cart or in that of the header X-Cart-Token.
        """
        return self._list(request, slots.SIMILAR, parameters=RecommendationParameters, product_id=product_id)


class TogetherView(SlotView):
    """Products that are bought together with a product."""

    @operation(
        "together_recommendations_get",
        tag="recommendations",
        query=ListParameters,
        headers=HEADERS,
        response=envelope_of(SlotSerializer),
        errors=[ProductNotFound],
    )
    def get(self, request: Request, product_id: int) -> Response:
        """Recommend products that are bought in the same orders as a product.

        Similar products, then popular ones, first of its category, complete a short list. Left out are
        products that the account sells or has bought, and those in its cart or in that of the header X-Cart-
        Token.
        """
        return self._list(request, slots.TOGETHER, product_id=product_id)


class CartRecommendationsView(SlotView):
    """Recommendations beside the cart."""

    @operation(
        "cart_recommendations_get",
        tag="recommendations",
        query=ListParameters,
        headers=HEADERS,
        response=envelope_of(SlotSerializer),
    )
    def get(self, request: Request) -> Response:
        """Recommend products that go with those in the cart.

        The cart is that of the account and that of the header X-Cart-Token; the ten products that were added
        last count. First are products of the same orders, then similar ones; the shopper's own list and
        popular products complete a short list. Left out are products that the account sells or has bought,
        and those in the cart.
        """
        return self._list(request, slots.CART)


class BuyAgainView(SlotView):
    """Products to buy again."""

    @operation(
        "buy_again_recommendations_get",
        tag="recommendations",
        query=ListParameters,
        headers=HEADERS,
        response=envelope_of(SlotSerializer),
    )
    def get(self, request: Request) -> Response:
        """Return the products that the shopper will probably buy again.

        Only products that the shopper has bought repeatedly or recently are listed, so the list may be short
        or empty. Those in the cart are left out.
        """
        return self._list(request, slots.BUY_AGAIN)


class TrendingView(SlotView):
    """Trending products."""

    @operation(
        "trending_recommendations_get",
        tag="recommendations",
        query=ListParameters,
        headers=HEADERS,
        response=envelope_of(SlotSerializer),
    )
    def get(self, request: Request) -> Response:
        """Return the products that more shoppers buy than before.

        Popular products complete a short list. Left out are products that the account sells or has bought,
        and those in its cart or in that of the header X-Cart-Token.
        """
        return self._list(request, slots.TRENDING)


class RecentlyViewedView(SlotView):
    """Recently viewed products."""

    @operation(
        "recent_recommendations_get",
        tag="recommendations",
        query=ListParameters,
        headers=HEADERS,
        response=envelope_of(SlotSerializer),
    )
    def get(self, request: Request) -> Response:
        """Return the products that the shopper viewed last, latest first.

        The shopper is the account of the access token, or the guest in the header X-Anonymous-Id; without
        either, or without consent to tracking, the list is empty. Left out are products in the cart.
        """
        return self._list(request, slots.RECENT)


class SearchRecommendationsView(SlotView):
    """Recommendations beside a search without a result."""

    @operation(
        "search_recommendations_get",
        tag="recommendations",
        query=SearchParameters,
        headers=HEADERS,
        response=envelope_of(SlotSerializer),
    )
    def get(self, request: Request) -> Response:
        """Recommend products to a shopper whose search found nothing.

        First are products that go with those viewed last, then popular ones of the categories that the search
        names, trending and popular ones. Left out are products that the account sells or has bought, and
        those in its cart or in that of the header X-Cart-Token.
        """
        return self._list(request, slots.SEARCH, parameters=SearchParameters)


def _guest_of(request: Request) -> str:
    """Return the hash of the cart token, or "" without one.

    Raises:
        InvalidInput: the cart token is malformed.
    """
    owner = guest_of(request)
    return owner.guest if owner else ""


def _expose(
    found: Recommended, exposure_id: UUID, *, shopper: Shopper, query: str, propensities: Sequence[float]
) -> UUID | None:
    """Store that the list was shown, and return its id; None if it is empty or can't be stored."""
    if not found.items:
        return None
    return expose(
        surface=SURFACE,
        shopper=shopper,
        product_ids=[item.product["id"] for item in found.items],
        query=query,
        slot=found.slot.name,
        algorithm=found.algorithm,
        version=found.version or "",
        sources=[item.source for item in found.items],
        propensities=propensities,
        exposure_id=exposure_id,
        now=timezone.now(),
    )
