"""The aggregations that find values of one facet."""

from collections.abc import Mapping
from typing import Any

from indexing import counting
from indexing.attribute_facets import AttributeCounts, found_values
from indexing.buckets import Bucket
from indexing.elasticsearch import attribute_facets, earlier
from indexing.elasticsearch.facets import SPELLINGS
from indexing.elasticsearch.matching import Matching
from indexing.elasticsearch.queries import PRODUCTS, Aggregation, escaped, nested_passing, passing
from indexing.elasticsearch.queries import values as values_of
from indexing.facet_search import WORD_STARTS, FacetSearch
from indexing.facets import FACETS, FacetDeclaration, FacetShape
from indexing.fields import SELECTIONS
from indexing.mapping import SEPARATOR, key, parts_of
from indexing.request import SearchRequest

SIZE = 1_000
"""Values that contain the longest word; those with the other words are chosen from them."""

_STARTS = "".join(f"\\{each}" for each in WORD_STARTS)


def aggregation(matching: Matching, request: SearchRequest, wanted: FacetSearch) -> Aggregation:
    """Return the aggregation that counts the values that `wanted` finds."""
    if wanted.attribute:
        return _attribute(matching, request, wanted)
    declared = _brands()
    conditions = matching.filters(declared.others(request.filters))
    field = matching.schema.field(declared.field).name
    if not matching.schema.has(declared.folded):
        return passing(conditions, {"own": values_of(field, size=SIZE)})
    folded, spelt = matching.schema.field(declared.folded).name, values_of(field, size=SPELLINGS)
    counted = values_of(folded, size=SIZE, include=_containing(wanted), spelt=spelt)
    return passing(conditions, {"own": counted})


def _attribute(matching: Matching, request: SearchRequest, wanted: FacetSearch) -> Aggregation:
    name, filters = key(wanted.attribute), request.filters
    if not matching.schema.has(SELECTIONS):
        rest = filters.without_attribute(wanted.attribute)
        include = f"{escaped(wanted.attribute + SEPARATOR)}.*"
        return earlier.attributes(matching.filters(rest), rest, include=include)
    others = matching.variant_filters(filters.of_variant().without_attribute(name))
    include = f"{escaped(name + SEPARATOR)}{_containing(wanted)}"
    counted = {
        "keys_0": values_of(attribute_facets.KEYS, size=SIZE, include=include, products=PRODUCTS),
        "spellings_0": values_of(attribute_facets.SPELLINGS, size=SIZE * 2, include=include),
    }
    return passing(matching.filters(filters.of_product()), nested_passing(SELECTIONS, others, counted))


def _containing(wanted: FacetSearch) -> str:
    """Return a regular expression for the values of which a word begins with the longest word."""
    return f"(.*[{_STARTS}])?{escaped(wanted.words[0])}.*" if wanted.words else ".*"


def values(
    matching: Matching, request: SearchRequest, wanted: FacetSearch, counted: Mapping[str, Any]
) -> tuple[Bucket, ...]:
    """Return the values that `aggregation` counted and `wanted` finds."""
    if wanted.attribute:
        products, spellings = attribute_facets.read(matching, counted["variants"]["passing"])
        found = {each: count for each, count in products.items() if wanted.finds(parts_of(each)[1])}
        counts = AttributeCounts(found, spellings)
        return found_values(counts, filters=request.filters, limit=wanted.limit)
    declared = _brands()
    buckets = counted["own"]["buckets"]
    if matching.schema.has(declared.folded):
        tokens = counting.folded_counts(
            (each["doc_count"], {one["key"]: one["doc_count"] for one in each["spelt"]["buckets"]})
            for each in buckets
        )
    else:
        tokens = {each["key"]: each["doc_count"] for each in buckets}
    found = {each: count for each, count in tokens.items() if wanted.finds(parts_of(each)[1])}
    selected = request.filters.given().get(declared.narrowed_by[0], ())
    return counting.value_buckets(found, selected, limit=wanted.limit, shows_selected=False)


def _brands() -> FacetDeclaration:
    return next(each for each in FACETS if each.shape is FacetShape.VALUES)
