"""The endpoints of suggestions and of a shopper's own searches."""

from django.utils import timezone
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.api.consent import TRACKING_CONSENT
from backend.api.parameters import parse
from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation
from backend.api.shoppers import ANONYMOUS_ID, sender_of, shopper_of
from backend.api.throttles import BrowseThrottle
from backend.engines.errors import EngineBusy, SearchNotAvailable, StreamNotAvailable
from backend.search.suggestions.recent import forget_searches, searches_of
from backend.search.suggestions.serializers import (
    RecentSearchParameters,
    RecentSearchSerializer,
    SuggestionParameters,
    SuggestionSerializer,
    represented,
)
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


class RecentSearchesView(APIView):
    """The caller's own last searches."""

    permission_classes = (AllowAny,)
    throttle_classes = (BrowseThrottle,)

    @operation(
        "search_recent_list",
        tag="search",
        headers=[ANONYMOUS_ID, TRACKING_CONSENT],
        response=envelope_of(RecentSearchSerializer(many=True)),
    )
    def get(self, request: Request) -> Response:
        """List your last searches, latest first.

        They are kept for 30 days, by account or by the guest's anonymous id. Without consent to tracking,
        none are kept.
        """
        return envelope(RecentSearchSerializer(searches_of(shopper_of(request)), many=True).data)

    @operation(
        "search_recent_delete",
        tag="search",
        query=RecentSearchParameters,
        headers=[ANONYMOUS_ID],
        response=envelope_of(RecentSearchSerializer(many=True)),
        errors=[StreamNotAvailable],
    )
    def delete(self, request: Request) -> Response:
        """Delete one of your last searches, or all of them, and return the others."""
        given = parse(request, RecentSearchParameters)
        # Also without consent: earlier searches may have been kept with it.
        shopper = sender_of(request).shopper
        forget_searches(shopper, text=given["q"])
        return envelope(RecentSearchSerializer(searches_of(shopper), many=True).data, message="Deleted.")
