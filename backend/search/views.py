"""Search endpoints."""

from collections.abc import Mapping

from django.utils import timezone
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.api.consent import TRACKING_CONSENT
from backend.api.pagination import PageSpan, page_envelope
from backend.api.schema import operation, page_of
from backend.api.shoppers import ANONYMOUS_ID, shopper_of
from backend.api.throttles import BrowseThrottle
from backend.catalog.serializers import ProductCardSerializer
from backend.catalog.views import EXPOSURE_ID
from backend.engines import index
from backend.engines.errors import EngineBusy, SearchNotAvailable
from backend.exposures.services import expose
from backend.search.errors import ExplanationForStaff
from backend.search.parameters import (
    ATTRIBUTE_PARAMETERS,
    ATTRIBUTE_PREFIX,
    SearchParameters,
    search_request,
    slot_of,
    wants_explanation,
)
from backend.search.rules import applying
from backend.search.serializers import (
    AppliedRuleSerializer,
    FacetsSerializer,
    RedirectField,
    card_of,
    facets_shown,
)
from backend.search.understood import UnderstoodSerializer, understood_shown
from indexing.request import SearchRequest


class SearchView(APIView):
    """Full-text search with facets."""

    permission_classes = (AllowAny,)
    throttle_classes = (BrowseThrottle,)

    @operation(
        "search_results_list",
        tag="search",
        query=SearchParameters,
        parameters=[ATTRIBUTE_PARAMETERS],
        headers=[ANONYMOUS_ID, TRACKING_CONSENT],
        response=page_of(
            ProductCardSerializer,
            name="SearchPage",
            facets=FacetsSerializer(),
            understood=UnderstoodSerializer(),
            redirect=RedirectField(allow_null=True),
            rules=AppliedRuleSerializer(many=True, allow_null=True),
            exposure_id=EXPOSURE_ID,
        ),
        errors=[EngineBusy, SearchNotAvailable, ExplanationForStaff],
    )
    def get(self, request: Request) -> Response:
        """Search products by words and filters.

        Facets count the products that each additional filter would leave. Spelling mistakes are corrected.
        Prices ("jeans under 500"), exclusions ("headphones without mic", "-bluetooth") and quoted phrases are
        understood, as `understood` says; filters on prices take precedence over prices in the text.
        Staff with the area `search` can ask which query rules were applied, by `explain=true`.
        """
        search, now = search_request(request), timezone.now()
        explain = wants_explanation(request)
        ruled = applying.ruled(search, now=now)
        with index.SHARE.slot():
            page = index.engine().search(ruled.request)
        span = PageSpan(page=search.page, page_size=search.page_size)
        span.require_within(page.count)
        exposure_id = expose(
            # Reports of queries don't count the beginnings of words.
            surface="search_as_you_type" if search.is_typed else "search",
            shopper=shopper_of(request),
            product_ids=[hit.product.id for hit in page.hits],
            query=search.text,
            filters=filters_shown(search),
            version=page.generation,
            page=search.page,
            slot=slot_of(request),
            first_position=span.start + 1,
            rule_ids=ruled.outcome.rule_ids,
            pinned_by=ruled.pinned_in(page.hits),
            now=now,
        )
        return Response(
            page_envelope(
                request,
                [card_of(hit) for hit in page.hits],
                count=page.count,
                span=span,
                facets=facets_shown(page),
                understood=understood_shown(page),
                redirect=ruled.outcome.redirect,
                rules=ruled.applied() if explain else None,
                exposure_id=exposure_id,
            )
        )


def filters_shown(search: SearchRequest) -> Mapping[str, object]:
    """Return the filters and the sort order of a request in the form that exposures store."""
    named = search.filters.given()
    # The tokens are derived from the category.
    named.pop("category_tokens", None)
    attributes: Mapping[str, tuple[str, ...]] = named.pop("attributes", {})
    shown = {name: _text(value) for name, value in named.items()}
    shown |= {f"{ATTRIBUTE_PREFIX}{name}": ", ".join(values) for name, values in attributes.items()}
    return shown | {"sort_by": search.sort.value}


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
