"""The endpoint that shows what a rule would do."""

from typing import Any, ClassVar

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.areas import StaffArea
from backend.accounts.permissions import InArea
from backend.api.fields import Identifier
from backend.api.parameters import Body, parse_body
from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation
from backend.engines.errors import EngineBusy, SearchNotAvailable
from backend.search.errors import QueryRuleNotFound
from backend.search.rules.filters import RuleFiltersSerializer, filters_of
from backend.search.rules.preview import PreviewPage, draft_of, preview
from backend.search.rules.serializers import RULE, QueryRuleInputSerializer
from backend.search.rules.views import TAG
from backend.search.serializers import AppliedRuleSerializer, RedirectField
from indexing.facets import NO_FACETS
from indexing.request import MAX_QUERY_LENGTH, SearchRequest

CARD: dict[str, Any] = {"id": 1, "title": "Copper kettle", "pinned": True}
PAGE: dict[str, Any] = {"text": "kettle", "redirect": None, "count": 1, "rules": [], "results": [CARD]}


class PreviewInputSerializer(Body):
    """A search, and a rule: a stored one, other values of it, or a new one."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"q": "kettle", "rule": RULE}

    q = serializers.CharField(
        allow_blank=True, max_length=MAX_QUERY_LENGTH, help_text="The text that is searched for."
    )
    filters = RuleFiltersSerializer(default=dict, help_text="The filters of the request.")
    rule_id = Identifier(required=False, default=None, allow_null=True, help_text="A stored rule.")
    rule = QueryRuleInputSerializer(
        required=False, default=None, allow_null=True, help_text="The values of the rule."
    )
    at = serializers.DateTimeField(
        required=False, default=None, allow_null=True, help_text="The time of the search; by default now."
    )
    page_size = serializers.IntegerField(min_value=1, max_value=100, default=20)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Require a rule."""
        if attrs["rule"] is None and attrs["rule_id"] is None:
            raise serializers.ValidationError({"rule": ["Send the values of a rule, or rule_id."]})
        return attrs


class PreviewedProductSerializer(serializers.Serializer[Any]):
    """A product of a page."""

    EXAMPLE: ClassVar[dict[str, Any]] = CARD

    id = serializers.IntegerField()
    title = serializers.CharField()
    pinned = serializers.BooleanField(help_text="Whether a rule decided its place.")


class PreviewPageSerializer(serializers.Serializer[Any]):
    """The first page of a search."""

    EXAMPLE: ClassVar[dict[str, Any]] = PAGE

    text = serializers.CharField(help_text="The text that was searched for, which rules may have rewritten.")
    redirect = RedirectField(allow_null=True)
    count = serializers.IntegerField()
    rules = AppliedRuleSerializer(many=True)
    results = PreviewedProductSerializer(many=True)


class PreviewSerializer(serializers.Serializer[Any]):
    """The first page of a search without the rule and with it."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"applies": True, "before": PAGE, "after": PAGE}

    applies = serializers.BooleanField(help_text="Whether the rule changes this search.")
    before = PreviewPageSerializer()
    after = PreviewPageSerializer()


class QueryRulePreviewView(APIView):
    """What a rule would do."""

    permission_classes = (InArea(StaffArea.SEARCH),)

    @operation(
        "query_rules_preview",
        tag=TAG,
        request=PreviewInputSerializer,
        response=envelope_of(PreviewSerializer),
        errors=[QueryRuleNotFound, EngineBusy, SearchNotAvailable],
    )
    def post(self, request: Request) -> Response:
        """Show what a rule would do to a search.

        Nothing is saved, and no exposure is stored. Other enabled rules apply to both pages.
        """
        given, now = parse_body(request, PreviewInputSerializer), timezone.now()
        rule = draft_of(given["rule"] or {}, rule_id=given["rule_id"], now=now)
        search = SearchRequest(
            text=given["q"],
            filters=filters_of(given["filters"]),
            page_size=given["page_size"],
            facets=NO_FACETS,
        )
        shown = preview(search, rule, at=given["at"] or now)
        body = {"applies": shown.applies, "before": _shown(shown.before), "after": _shown(shown.after)}
        return envelope(PreviewSerializer(body).data)


def _shown(each: PreviewPage) -> dict[str, object]:
    return {
        "text": each.ruled.outcome.text,
        "redirect": each.ruled.outcome.redirect,
        "count": each.page.count,
        "rules": each.ruled.applied(),
        "results": [
            {"id": hit.product.id, "title": hit.product.title, "pinned": hit.pinned} for hit in each.page.hits
        ],
    }
