"""Recommendation endpoints, open to guests."""

from django.utils import timezone
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.api.consent import TRACKING_CONSENT
from backend.api.parameters import parse
from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation
from backend.api.shoppers import ANONYMOUS_ID, shopper_of
from backend.api.throttles import BrowseThrottle
from backend.catalog.errors import ProductNotFound
from backend.catalog.selectors import product_for
from backend.exposures.services import expose
from backend.recommendations import selectors
from backend.recommendations.serializers import RecommendationParameters, RecommendationsSerializer, body

SURFACE = "recommendations"


class UserRecommendationsView(APIView):
    """Recommendations for the shopper."""

    permission_classes = (AllowAny,)
    throttle_classes = (BrowseThrottle,)

    @operation(
        "user_recommendations_get",
        tag="recommendations",
        query=RecommendationParameters,
        headers=[ANONYMOUS_ID, TRACKING_CONSENT],
        response=envelope_of(RecommendationsSerializer),
    )
    def get(self, request: Request) -> Response:
        """Recommend products to the shopper.

        The shopper is the account of the access token, or the guest in the header X-Anonymous-Id. Popular
        products complete a short list.
        """
        parameters = parse(request, RecommendationParameters)
        shopper = shopper_of(request)
        found = selectors.recommended_for_shopper(shopper, **parameters)
        return _respond(request, found, slot="user")


class ProductRecommendationsView(APIView):
    """Recommendations for a product's page."""

    permission_classes = (AllowAny,)
    throttle_classes = (BrowseThrottle,)

    @operation(
        "product_recommendations_get",
        tag="recommendations",
        query=RecommendationParameters,
        headers=[ANONYMOUS_ID, TRACKING_CONSENT],
        response=envelope_of(RecommendationsSerializer),
        errors=[ProductNotFound],
    )
    def get(self, request: Request, product_id: int) -> Response:
        """Recommend products that go with a product."""
        parameters = parse(request, RecommendationParameters)
        product = product_for(product_id, user=request.user)
        found = selectors.recommended_for_product(product, **parameters)
        return _respond(request, found, slot="product")


def _respond(request: Request, found: selectors.Recommended, *, slot: str) -> Response:
    exposure_id = expose(
        surface=SURFACE,
        shopper=shopper_of(request),
        product_ids=[item.product["id"] for item in found.items],
        slot=slot,
        algorithm=found.algorithm,
        version=found.version or "",
        now=timezone.now(),
    )
    return envelope(body(found, exposure_id=exposure_id))
