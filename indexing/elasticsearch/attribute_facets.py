"""The aggregations that count the attribute values of matching variants."""

from collections.abc import Iterable, Mapping
from typing import Any

from indexing.attribute_facets import MAX_ATTRIBUTE_TOKENS, MAX_ATTRIBUTE_VALUES, AttributeCounts
from indexing.attributes import Spelling, attribute_key, spelling_of
from indexing.elasticsearch import earlier, number_facets
from indexing.elasticsearch.matching import Matching
from indexing.elasticsearch.queries import (
    PRODUCTS,
    Aggregation,
    escaped,
    nested_passing,
    passing,
    term,
    values,
)
from indexing.fields import SELECTIONS
from indexing.filters import Filters, VariantFilters
from indexing.mapping import SEPARATOR, key, parts_of
from indexing.request import SearchRequest

KEYS = f"{SELECTIONS}.key"
SPELLINGS = f"{SELECTIONS}.spelling"
OTHERS = "attributes"
"""The aggregation of the attributes that are not selected."""

Counted = Mapping[str, Any]


def aggregations(matching: Matching, request: SearchRequest) -> dict[str, Aggregation]:
    """Return an aggregation for each selected attribute without its own filter, and one for all others."""
    if not matching.schema.has(SELECTIONS):
        return _earlier_aggregations(matching, request.filters)
    wanted = request.filters.of_variant()
    declared = [each for each in map(key, request.facets.attributes) if each not in wanted.attributes]
    counted: dict[str, Aggregation] = {}
    if declared or not request.facets.attributes:
        counted[OTHERS] = _values(matching, request.filters, wanted, names=declared)
    for place, (name, keys) in enumerate(wanted.attributes.items()):
        rest = wanted.without_attribute(name)
        counted[f"attribute_{place}"] = _values(matching, request.filters, rest, names=[name], selected=keys)
    return counted | number_facets.aggregations(matching, request)


def _values(
    matching: Matching,
    filters: Filters,
    wanted: VariantFilters,
    *,
    names: Iterable[str],
    selected: Iterable[str] = (),
) -> Aggregation:
    """Count products by the values of the attributes `names` (or of all) of selections that are `wanted`.

    The values of each of `names` are counted separately, so that one attribute doesn't displace another.
    """
    counted: dict[str, Aggregation] = {}
    for place, only in enumerate([f"{escaped(name + SEPARATOR)}.*" for name in names] or [None]):
        size = MAX_ATTRIBUTE_TOKENS if only is None else MAX_ATTRIBUTE_VALUES
        counted[f"keys_{place}"] = values(KEYS, size=size, include=only, products=PRODUCTS)
        counted[f"spellings_{place}"] = values(SPELLINGS, size=size * 2, include=only)
    if chosen := {each: term(KEYS, each) for each in selected}:
        counted["selected"] = {"filters": {"filters": chosen}, "aggs": {"products": PRODUCTS}}
    of_variants = nested_passing(SELECTIONS, matching.variant_filters(wanted), counted)
    return passing(matching.filters(filters.of_product()), of_variants)


def counts(
    matching: Matching, request: SearchRequest, counted: Counted, numbers: Counted | None
) -> AttributeCounts:
    """Return the counts of `aggregations`, and those of `number_facets.ranges` if they were sent."""
    selected = request.filters.of_variant().attributes
    products: dict[str, int] = {}
    spellings: dict[Spelling, int] = {}
    for name, each in counted.items():
        if name != OTHERS and not name.startswith("attribute_"):
            continue
        own, written = read(matching, each["variants"]["passing"])
        is_other = name == OTHERS
        products |= {
            token: count for token, count in own.items() if not is_other or parts_of(token)[0] not in selected
        }
        spellings = written | spellings if is_other else spellings | written
    return AttributeCounts(products, spellings, number_facets.counts(matching, request, counted, numbers))


def read(matching: Matching, variants: Counted) -> tuple[dict[str, int], dict[Spelling, int]]:
    """Return the numbers of products by attribute key, and of variants by spelling."""
    return _counts(variants) if matching.schema.has(SELECTIONS) else _earlier_counts(variants)


def _counts(variants: Counted) -> tuple[dict[str, int], dict[Spelling, int]]:
    products: dict[str, int] = {}
    spellings: dict[Spelling, int] = {}
    for name, found in variants.items():
        if name.startswith("keys_"):
            products |= {each["key"]: products_of(each) for each in found["buckets"]}
        elif name.startswith("spellings_"):
            spellings |= {spelling_of(each["key"])[1]: each["doc_count"] for each in found["buckets"]}
    selected = variants.get("selected", {"buckets": {}})["buckets"]
    return products | {token: products_of(each) for token, each in selected.items()}, spellings


def products_of(bucket: Counted) -> int:
    """Return the number of products in a bucket of selections."""
    counted: int = bucket["products"]["doc_count"]
    return counted


def _earlier_aggregations(matching: Matching, filters: Filters) -> dict[str, Aggregation]:
    def counting(filters: Filters, include: str | None = None) -> Aggregation:
        return earlier.attributes(matching.filters(filters), filters, include=include)

    counted = {OTHERS: counting(filters)}
    for place, name in enumerate(filters.attributes):
        counted[f"attribute_{place}"] = counting(
            filters.without_attribute(name), f"{escaped(name + SEPARATOR)}.*"
        )
    return counted


def _earlier_counts(variants: Counted) -> tuple[dict[str, int], dict[Spelling, int]]:
    products: dict[str, int] = {}
    spellings: dict[Spelling, int] = {}
    for each in variants["own"]["buckets"]:
        name, value = parts_of(each["key"])
        token = attribute_key(name, value)
        products[token] = max(products.get(token, 0), products_of(each))
        spellings[name, value] = each["doc_count"]
    return products, spellings
