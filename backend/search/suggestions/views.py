"""The endpoint of suggestions."""

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
from backend.engines.errors import EngineBusy, SearchNotAvailable
from backend.search.suggestions.serializers import SuggestionParameters, SuggestionSerializer, represented
from backend.search.suggestions.suggesting import suggest


class SuggestionView(APIView):
    """Suggestions while a shopper types."""

    permission_classes = (AllowAny,)
    throttle_classes = (BrowseThrottle,)

    @operation(
        "search_suggestions_list",
        tag="search",
        query=SuggestionParameters,
        headers=[ANONYMOUS_ID, TRACKING_CONSENT],
        response=envelope_of(SuggestionSerializer(many=True)),
        errors=[EngineBusy, SearchNotAvailable],
    )
    def get(self, request: Request) -> Response:
        """Suggest queries, categories, brands, phrases and products while a shopper types.

        The words may be in any order, and from the third letter on they may be misspelt.
        """
        given = parse(request, SuggestionParameters)
        found = suggest(
            given["q"],
            limit=given["limit"],
            products=given["products"],
            shopper=shopper_of(request),
            now=timezone.now(),
        )
        return envelope(represented(found))
