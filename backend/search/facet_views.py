"""Values of a facet that is too long to show."""

from django.utils import timezone
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation
from backend.api.throttles import BrowseThrottle
from backend.engines import index
from backend.engines.errors import EngineBusy, SearchNotAvailable
from backend.search.attribute_parameters import ATTRIBUTE_PARAMETERS
from backend.search.parameters import FacetValuesParameters, facet_values_request
from backend.search.rules import applying
from backend.search.serializers import ValueBucketSerializer, buckets_shown


class FacetValuesView(APIView):
    """The values of one facet."""

    permission_classes = (AllowAny,)
    throttle_classes = (BrowseThrottle,)

    @operation(
        "search_facet_values_list",
        tag="search",
        query=FacetValuesParameters,
        parameters=[ATTRIBUTE_PARAMETERS],
        response=envelope_of(ValueBucketSerializer(many=True)),
        errors=[EngineBusy, SearchNotAvailable],
    )
    def get(self, request: Request) -> Response:
        """Find values of a facet by the beginnings of their words.

        The search and its other filters apply, as to the facet itself; values with the most products come
        first.
        """
        search, wanted = facet_values_request(request)
        ruled = applying.ruled(search, now=timezone.now())
        with index.SHARE.slot():
            found = index.engine().facet_values(ruled.request, wanted)
        return envelope(buckets_shown(found))
