"""The parameters of a search over HTTP, derived from the declared filters."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from rest_framework import serializers
from rest_framework.request import Request

from backend.accounts.areas import StaffArea
from backend.api.fields import Choice, CurrencyCode, Identifier, MoneyInput
from backend.api.parameters import PageParameters, parse
from backend.catalog.categories import matching_categories
from backend.search.attribute_parameters import ATTRIBUTE_PREFIX, MAX_VALUES, attribute_filters
from backend.search.collapsing import COLLAPSE, collapse_parameter, collapsed_by
from backend.search.errors import ExplanationForStaff
from backend.search.facet_parameters import (
    FacetSearchParameters,
    facet_search,
    facets_parameter,
    wanted_facets,
)
from indexing.facet_search import FacetSearch
from indexing.fields import FieldKind
from indexing.filters import FILTERS, FilterDeclaration, FilterKind, Filters
from indexing.mapping import category_token
from indexing.page import SuggestionKind
from indexing.ranking import AS_TYPED, DEFAULT_RANKING
from indexing.request import MAX_DEPTH, MAX_QUERY_LENGTH, SearchRequest, Sort
from indexing.schema import CURRENT, MAX_QUERY_WORDS

MAX_RATING = 5
MAX_RELATED = 10
FACETS = "facets"


def _one_of(declared: FilterDeclaration) -> serializers.Field[Any, Any, Any, Any]:
    if not declared.several:
        return serializers.CharField(
            required=False, default=None, max_length=declared.max_length, help_text=declared.help_text
        )
    return serializers.ListField(
        child=serializers.CharField(max_length=declared.max_length),
        required=False,
        default=list,
        max_length=MAX_VALUES,
        help_text=declared.help_text,
    )


def _identifier(declared: FilterDeclaration) -> serializers.Field[Any, Any, Any, Any]:
    return Identifier(required=False, default=None, help_text=declared.help_text)


def _flag(declared: FilterDeclaration) -> serializers.Field[Any, Any, Any, Any]:
    return serializers.BooleanField(
        required=False, allow_null=True, default=None, help_text=declared.help_text
    )


def _limit(declared: FilterDeclaration) -> serializers.Field[Any, Any, Any, Any]:
    if CURRENT.field(declared.field).kind is FieldKind.MONEY:
        return MoneyInput(required=False, default=None, help_text=declared.help_text)
    return serializers.FloatField(
        required=False, default=None, min_value=0, max_value=MAX_RATING, help_text=declared.help_text
    )


def _code(declared: FilterDeclaration) -> serializers.Field[Any, Any, Any, Any]:
    return CurrencyCode(required=False, default=None, help_text=declared.help_text)


PARAMETERS: Mapping[FilterKind, Callable[[FilterDeclaration], serializers.Field[Any, Any, Any, Any]]] = {
    FilterKind.ONE_OF: _one_of,
    FilterKind.EQUALS: _identifier,
    FilterKind.FLAG: _flag,
    FilterKind.AT_LEAST: _limit,
    FilterKind.AT_MOST: _limit,
    FilterKind.CODE: _code,
}
"""How each kind of filter is validated. Attributes are validated separately, because sellers name them."""

NAMED = tuple(declared for declared in FILTERS if declared.kind in PARAMETERS)


class SearchParameters(PageParameters):
    """The parameters of a search, in addition to `attr.NAME=VALUE` for attributes."""

    q = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=MAX_QUERY_LENGTH,
        help_text=f"The text to search for; its first {MAX_QUERY_WORDS} words count.",
    )
    sort_by = Choice(choices=[sort.value for sort in Sort], default=Sort.RELEVANCE.value)
    prefix = Choice(
        choices=["none", "last"],
        default="none",
        help_text="`last` for a search with every key: the last word may be the beginning of one, "
        "unless a space follows it.",
    )
    suggestion = Choice(
        choices=[kind.value for kind in SuggestionKind],
        required=False,
        default=None,
        help_text="The kind of the suggestion that the query comes from; reports show what suggestions earn.",
    )
    explain = serializers.BooleanField(
        default=False,
        help_text="Whether to return the rules that were applied, the plan and the scores; for staff with "
        "the area `search`.",
    )
    correct = serializers.BooleanField(
        required=False,
        default=True,
        help_text="`false` searches the words as they were typed, if a correction wasn't meant: no spelling "
        "is corrected, and no words are joined or split.",
    )
    related = serializers.IntegerField(
        required=False,
        default=0,
        min_value=0,
        max_value=MAX_RELATED,
        help_text="The maximum number of related searches to return.",
    )
    literal = serializers.BooleanField(
        required=False,
        default=False,
        help_text="Search every word as it stands: understand no prices, exclusions and quotes in the text.",
    )

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Return the fields of this class and one for each declared filter."""
        filters = {each.parameter: PARAMETERS[each.kind](each) for each in NAMED}
        return super().get_fields() | filters | {FACETS: facets_parameter(), COLLAPSE: collapse_parameter()}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Raise ValidationError for a range whose limits are reversed, and for a page that is too deep."""
        for lowest, highest in ranges():
            low, high = attrs[lowest], attrs[highest]
            if low is not None and high is not None and low > high:
                raise serializers.ValidationError({lowest: f"Must not be above {highest}."})
        if attrs["page"] * attrs["page_size"] > MAX_DEPTH:
            raise serializers.ValidationError({"page": f"Only the first {MAX_DEPTH} hits can be requested."})
        return attrs


def ranges() -> list[tuple[str, str]]:
    """Return the parameters of each property that has both a lowest and a highest value."""
    lowest = {each.field: each.parameter for each in NAMED if each.kind is FilterKind.AT_LEAST}
    highest = {each.field: each.parameter for each in NAMED if each.kind is FilterKind.AT_MOST}
    return [(lowest[field], highest[field]) for field in lowest.keys() & highest.keys()]


class FacetValuesParameters(FacetSearchParameters, SearchParameters):
    """The parameters of a search whose facet has the values, and of the search in them."""


@dataclass(frozen=True, slots=True)
class AskedSearch:
    """A search, and what else a request asks for."""

    search: SearchRequest
    explain: bool
    related: int
    """The maximum number of related searches."""
    slot: str
    """The slot of the search's exposure: the kind of suggestion that the query comes from, or none."""


def asked_search(request: Request) -> AskedSearch:
    """Return the search that `request` describes, and what else it asks for.

    Raises:
        InvalidInput: a parameter is unknown or repeated.
        rest_framework.exceptions.ValidationError: a value is not valid.
        ExplanationForStaff: it asks for an explanation, and the caller isn't staff with the area.
    """
    given = parse(request, SearchParameters, open_prefix=ATTRIBUTE_PREFIX)
    asked = AskedSearch(
        _search(request, given),
        explain=given["explain"],
        related=given["related"],
        slot=f"suggestion:{given['suggestion']}" if given["suggestion"] else "",
    )
    if asked.explain and not getattr(request.user, "has_area", lambda area: False)(StaffArea.SEARCH):
        raise ExplanationForStaff(area=StaffArea.SEARCH)
    return asked


def facet_values_request(request: Request) -> tuple[SearchRequest, FacetSearch]:
    """Return the search that `request` describes, and the search in the values of a facet.

    Raises:
        InvalidInput: a parameter is unknown or repeated.
        rest_framework.exceptions.ValidationError: a value is not valid.
    """
    given = parse(request, FacetValuesParameters, open_prefix=ATTRIBUTE_PREFIX)
    return _search(request, given), facet_search(given)


def _search(request: Request, given: Mapping[str, Any]) -> SearchRequest:
    values = {each.name: _value(each, given[each.parameter]) for each in NAMED}
    values |= attribute_filters(request)
    if values["category"] is not None:
        values["category_tokens"] = category_tokens(values["category"])
    return SearchRequest(
        text=given["q"],
        literal=given["literal"],
        collapse=collapsed_by(given[COLLAPSE]),
        sort=Sort(given["sort_by"]),
        page=given["page"],
        page_size=given["page_size"],
        currency=settings.DEFAULT_CURRENCY,
        facets=wanted_facets(given[FACETS]),
        ranking=DEFAULT_RANKING if given["correct"] else AS_TYPED,
        filters=Filters(**values),
        # The serializer removes a space at the end.
        is_typed=given["prefix"] == "last" and not request.query_params.get("q", "")[-1:].isspace(),
    )


def category_tokens(value: str) -> tuple[str, ...]:
    """Return the index's values for the categories that match `value` in product lists."""
    found = matching_categories(value)
    return tuple(category_token(path=category.path, slug=category.slug) for category in found)


def _value(declared: FilterDeclaration, value: Any) -> Any:
    return tuple(value) if declared.several else value
