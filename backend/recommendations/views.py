"""Recommendation endpoints, open to guests."""

from django.utils import timezone
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.api.consent import TRACKING_CONSENT
from backend.api.owners import CART_TOKEN, guest_of
from backend.api.parameters import parse
from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation
from backend.api.shoppers import ANONYMOUS_ID, shopper_of
from backend.api.throttles import BrowseThrottle
from backend.catalog.errors import ProductNotFound
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
        headers=[ANONYMOUS_ID, CART_TOKEN, TRACKING_CONSENT],
        response=envelope_of(RecommendationsSerializer),
    )
    def get(self, request: Request) -> Response:
        """Recommend products to the shopper.

        The shopper is the account of the access token, or the guest in the header X-Anonymous-Id. Popular
        products complete a short list. Left out are products that the account sells or has bought, and those
        in its cart or in that of the header X-Cart-Token.
        """
        parameters = parse(request, RecommendationParameters)
        shopper = shopper_of(request)
        found = selectors.recommended_for_shopper(shopper, guest=_guest_of(request), **parameters)
        return _respond(request, found)


class ProductRecommendationsView(APIView):
    """Recommendations for a product's page."""

    permission_classes = (AllowAny,)
    throttle_classes = (BrowseThrottle,)

    @operation(
        "product_recommendations_get",
        tag="recommendations",
        query=RecommendationParameters,
        headers=[ANONYMOUS_ID, CART_TOKEN, TRACKING_CONSENT],
        response=envelope_of(RecommendationsSerializer),
        errors=[ProductNotFound],
    )
    def get(self, request: Request, product_id: int) -> Response:
        """Recommend products that go with a product.

        Popular products complete a short list. Left out are products that the account sells or has bought,
        and those in its cart or in that of the header X-Cart-Token.
        """
        parameters = parse(request, RecommendationParameters)
        found = selectors.recommended_for_product(
            product_id, user=request.user, guest=_guest_of(request), **parameters
        )
        return _respond(request, found)


def _guest_of(request: Request) -> str:
    """Return the hash of the cart token, or "" without one.

    Raises:
        InvalidInput: the cart token is malformed.
    """
    owner = guest_of(request)
    return owner.guest if owner else ""


def _respond(request: Request, found: selectors.Recommended) -> Response:
    exposure_id = expose(
        surface=SURFACE,
        shopper=shopper_of(request),
        product_ids=[item.product["id"] for item in found.items],
        slot=found.slot.name,
        algorithm=found.algorithm,
        version=found.version or "",
        now=timezone.now(),
    )
    return envelope(body(found, exposure_id=exposure_id))
