"""Search endpoints."""

from typing import Any

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
from backend.catalog.views import EXPOSURE_ID
from backend.engines import index
from backend.engines.errors import EngineBusy, SearchNotAvailable
from backend.exposures.services import expose
from backend.search.attribute_parameters import ATTRIBUTE_PARAMETERS
from backend.search.errors import ExplanationForStaff
from backend.search.explaining import ExplanationSerializer, explanation
from backend.search.filter_texts import filter_texts
from backend.search.hits import SearchHitSerializer, hits_shown
from backend.search.parameters import SearchParameters, asked_search
from backend.search.related import RelatedSearchSerializer, related_shown
from backend.search.rules import applying
from backend.search.rules.applying import RuledSearch
from backend.search.serializers import (
    AppliedRuleSerializer,
    FacetsSerializer,
    RedirectField,
    facets_shown,
)
from backend.search.summary import SummarySerializer, summary_shown
from backend.search.understood import UnderstoodSerializer, understood_shown
from indexing.page import SearchPage


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
            SearchHitSerializer,
            name="SearchPage",
            facets=FacetsSerializer(),
            understood=UnderstoodSerializer(),
            summary=SummarySerializer(),
            redirect=RedirectField(allow_null=True),
            rules=AppliedRuleSerializer(many=True, allow_null=True),
            explanation=ExplanationSerializer(allow_null=True),
            related=RelatedSearchSerializer(many=True),
            exposure_id=EXPOSURE_ID,
        ),
        errors=[EngineBusy, SearchNotAvailable, ExplanationForStaff],
    )
    def get(self, request: Request) -> Response:
        """Search products by words and filters.

        Facets count the products that each additional filter would leave. Spelling mistakes are corrected.
        Prices ("jeans under 500"), exclusions ("headphones without mic", "-bluetooth") and quoted phrases are
        understood, as `understood` says, and `summary` in one sentence; filters on prices take precedence
        over prices in the text. Hits have the parts of their texts that matched, and the variant that the
        filters and words mean. Staff with the area `search` can ask why these products were found, by
        `explain=true`: `rules` has the rules that were applied, and `explanation` the plan and the scores.
        """
        asked, now = asked_search(request), timezone.now()
        search = asked.search
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
            filters=filter_texts(search.filters) | {"sort_by": search.sort.value},
            version=page.generation,
            page=search.page,
            slot=asked.slot,
            first_position=span.start + 1,
            rule_ids=ruled.outcome.rule_ids,
            pinned_by=ruled.pinned_in(page.hits),
            now=now,
        )
        described = _described(page, ruled, explain=asked.explain)
        described["related"] = related_shown(page, limit=asked.related)
        cards = hits_shown(page.hits, now=now)
        envelope = page_envelope(
            request, cards, count=page.count, span=span, **described, exposure_id=exposure_id
        )
        return Response(envelope)


def _described(page: SearchPage, ruled: RuledSearch, *, explain: bool) -> dict[str, Any]:
    """Return what a response says about its page, apart from the hits."""
    return {
        "facets": facets_shown(page),
        "understood": understood_shown(page),
        "summary": summary_shown(page),
        "redirect": ruled.outcome.redirect,
        "rules": ruled.applied() if explain else None,
        "explanation": explanation(page, ruled) if explain else None,
    }
