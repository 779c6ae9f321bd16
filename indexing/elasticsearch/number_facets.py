"""The aggregations that count attributes with numbers in ranges, and the values within limits."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from indexing.elasticsearch.client import Response
from indexing.elasticsearch.matching import Matching
from indexing.elasticsearch.queries import (
    PRODUCTS,
    Aggregation,
    Body,
    escaped,
    nested_passing,
    passing,
    terms,
    values,
)
from indexing.fields import SELECTIONS
from indexing.mapping import SEPARATOR
from indexing.numeric import NumberRange, NumericAttribute, ranges_of
from indexing.ranges import RangeCount
from indexing.request import SearchRequest
from indexing.schema import IndexSchema

KEYS = f"{SELECTIONS}.key"
MAX_NUMBERS = 5_000
"""Values of an attribute in one search; of an attribute with more, no ranges are shown."""
MAX_WITHIN = 50_000
"""Values of an attribute that limits choose from, those of the most variants."""

Counted = Mapping[str, Any]


def aggregations(matching: Matching, request: SearchRequest) -> dict[str, Aggregation]:
    """Return an aggregation of the values of each attribute that is shown in ranges."""
    return {
        _name(each): _passing(
            matching,
            request,
            each,
            {
                "keys": values(KEYS, size=MAX_NUMBERS, include=_of(each.name_key), products=PRODUCTS),
                "any": {
                    "filter": {"prefix": {KEYS: each.name_key + SEPARATOR}},
                    "aggs": {"products": PRODUCTS},
                },
            },
        )
        for each in _ranged(matching, request)
    }


def with_numbers(
    request: SearchRequest, schema: IndexSchema, *, send: Callable[[Body], list[Response]]
) -> SearchRequest:
    """Return a request with the values within its limits of attributes, which are searched for."""
    unknown = request.unread_limits()
    if not unknown:
        return request
    schema.field(SELECTIONS)
    (response,) = send(listing(unknown))
    keys = listed(unknown, response["aggregations"])
    decimal_comma = schema.analysis.language.decimal_comma
    return request.with_values(keys.__getitem__, decimal_comma=decimal_comma)


def ranges(matching: Matching, request: SearchRequest, counted: Counted) -> dict[str, Aggregation]:
    """Return aggregations of the ranges whose counts aren't the sums of their values' counts.

    They are those of attributes of which a product has several values. `counted` are the counts of
    `aggregations`.
    """
    again: dict[str, Aggregation] = {}
    for attribute in _ranged(matching, request):
        found = counted[_name(attribute)]["variants"]["passing"]
        if sum(_values(found).values()) == found["any"]["products"]["doc_count"]:
            continue
        each_range = {
            str(place): terms(KEYS, sorted(each.keys))
            for place, each in enumerate(_chosen(matching, attribute, found))
        }
        if each_range:
            own = {"ranges": {"filters": {"filters": each_range}, "aggs": {"products": PRODUCTS}}}
            again[_name(attribute)] = _passing(matching, request, attribute, own)
    return again


def counts(
    matching: Matching, request: SearchRequest, counted: Counted, again: Counted | None
) -> dict[str, list[RangeCount]]:
    """Return the counts of the ranges by the key of the attribute's name, `again` being those of `ranges`."""
    return {
        each.name_key: list(_counts(matching, each, counted[_name(each)], (again or {}).get(_name(each))))
        for each in _ranged(matching, request)
    }


def _counts(
    matching: Matching, attribute: NumericAttribute, counted: Counted, again: Counted | None
) -> Iterator[RangeCount]:
    found = counted["variants"]["passing"]
    products = _values(found)
    exact = None if again is None else again["variants"]["passing"]["ranges"]["buckets"]
    for place, each in enumerate(_chosen(matching, attribute, found)):
        if exact is None:
            yield RangeCount(each.limits, sum(products[key] for key in each.keys))
        else:
            yield RangeCount(each.limits, exact[str(place)]["products"]["doc_count"])


def _ranged(matching: Matching, request: SearchRequest) -> list[NumericAttribute]:
    return request.facets.ranged(request.filters) if matching.schema.has(SELECTIONS) else []


def _name(attribute: NumericAttribute) -> str:
    return f"numbers of {attribute.name_key}"


def _of(name_key: str) -> str:
    return f"{escaped(name_key + SEPARATOR)}.*"


def _passing(
    matching: Matching,
    request: SearchRequest,
    attribute: NumericAttribute,
    counted: Mapping[str, Aggregation],
) -> Aggregation:
    """Count variants that pass all filters but the limits of the attribute."""
    rest = request.filters.of_variant().without_range(attribute.name_key)
    of_variants = nested_passing(SELECTIONS, matching.variant_filters(rest), counted)
    return passing(matching.filters(request.filters.of_product()), of_variants)


def _values(found: Counted) -> dict[str, int]:
    """Return the numbers of products by attribute key; none if there are too many."""
    if found["keys"]["sum_other_doc_count"]:
        return {}
    return {each["key"]: each["products"]["doc_count"] for each in found["keys"]["buckets"]}


def _chosen(matching: Matching, attribute: NumericAttribute, found: Counted) -> tuple[NumberRange, ...]:
    decimal_comma = matching.schema.analysis.language.decimal_comma
    return ranges_of(attribute, _values(found), decimal_comma=decimal_comma)


def listing(name_keys: list[str]) -> Body:
    """Return a search for the values of attributes that any product has."""
    listed = {
        str(place): {
            "nested": {"path": SELECTIONS},
            "aggs": {"keys": values(KEYS, size=MAX_WITHIN, include=_of(name))},
        }
        for place, name in enumerate(name_keys)
    }
    return {"size": 0, "track_total_hits": False, "aggs": listed}


def listed(name_keys: list[str], aggregated: Counted) -> dict[str, list[str]]:
    """Return the keys of the values by the keys of the attributes' names."""
    return {
        name: [each["key"] for each in aggregated[str(place)]["keys"]["buckets"]]
        for place, name in enumerate(name_keys)
    }
