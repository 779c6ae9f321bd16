"""The parameters of facets: which ones to count, and the values to find in one of them."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from rest_framework import serializers

from backend.api.errors import InvalidInput
from indexing.facet_search import FacetSearch
from indexing.facets import FACETS, FacetShape, WantedFacets

ATTRIBUTE_PREFIX = "attr."
MAX_NAMES = 30
MAX_FOUND = 100

NAMES = tuple(declared.name for declared in FACETS)
ALL_ATTRIBUTES = next(declared.name for declared in FACETS if declared.shape is FacetShape.ATTRIBUTES)
SEARCHABLE = next(declared.name for declared in FACETS if declared.shape is FacetShape.VALUES)


def facets_parameter() -> serializers.Field[Any, Any, Any, Any]:
    """Return the field of the names of facets to count."""
    return serializers.ListField(
        child=serializers.CharField(allow_blank=True, max_length=1_000),
        required=False,
        default=None,
        max_length=MAX_NAMES,
        help_text=f"The facets to count, by default all: {', '.join(NAMES)}, or {ATTRIBUTE_PREFIX}NAME for "
        "one attribute. Repeat it, or separate names by commas; empty for none. Facets that aren't counted "
        "are empty, or null.",
    )


def wanted_facets(given: Sequence[str] | None) -> WantedFacets:
    """Return the facets that the parameter names, or all; attributes in the order of SEARCH_FACETS.

    Raises:
        InvalidInput: there is no facet of that name.
    """
    declared, numeric = tuple(settings.SEARCH_FACETS), tuple(settings.SEARCH_RANGES)
    if given is None:
        return WantedFacets(names=frozenset(NAMES), attributes=declared, numeric=numeric)
    names = _separate(given)
    attributes = [name.removeprefix(ATTRIBUTE_PREFIX) for name in names if name.startswith(ATTRIBUTE_PREFIX)]
    found = {name for name in names if not name.startswith(ATTRIBUTE_PREFIX)}
    if unknown := sorted(found - set(NAMES)):
        raise InvalidInput(
            facets=f"There is no facet {unknown[0]!r}. Known: {', '.join(NAMES)}, {ATTRIBUTE_PREFIX}NAME."
        )
    if not all(attributes):
        raise InvalidInput(facets=f"Add the attribute's name after {ATTRIBUTE_PREFIX!r}.")
    if ALL_ATTRIBUTES in found:
        return WantedFacets(names=frozenset(found), attributes=declared, numeric=numeric)
    if attributes:
        found.add(ALL_ATTRIBUTES)
    return WantedFacets(names=frozenset(found), attributes=tuple(dict.fromkeys(attributes)), numeric=numeric)


def _separate(given: Iterable[str]) -> list[str]:
    parts = [part.strip() for text in given for part in text.split(",")]
    return [part for part in parts if part]


class FacetSearchParameters(serializers.Serializer[Any]):
    """The parameters of a search in the values of a facet, in addition to those of the search."""

    facet = serializers.CharField(
        max_length=200, help_text=f"`{SEARCHABLE}`, or `{ATTRIBUTE_PREFIX}NAME` for an attribute."
    )
    facet_q = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=200,
        help_text="Each word must begin a word of the value; without a text, all values are found.",
    )
    limit = serializers.IntegerField(
        min_value=1, max_value=MAX_FOUND, default=20, help_text="The maximum number of values."
    )


def facet_search(given: dict[str, Any]) -> FacetSearch:
    """Return the search in a facet that the validated parameters describe.

    Raises:
        InvalidInput: there is no such facet, or its values can't be searched.
    """
    name: str = given["facet"]
    attribute = name.removeprefix(ATTRIBUTE_PREFIX) if name.startswith(ATTRIBUTE_PREFIX) else ""
    if name != SEARCHABLE and not attribute.strip():
        raise InvalidInput(facet=f"Must be {SEARCHABLE!r} or {ATTRIBUTE_PREFIX}NAME.")
    return FacetSearch(attribute=attribute, text=given["facet_q"], limit=given["limit"])
