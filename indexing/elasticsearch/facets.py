"""Counting products per value: all facets of a request in the request itself."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from elasticsearch.dsl import A
from elasticsearch.dsl.aggs import Agg
from elasticsearch.dsl.query import Bool, Range

from indexing import facets
from indexing.elasticsearch.matching import filters as clauses
from indexing.elasticsearch.matching import variant_filters
from indexing.mapping import SEPARATOR
from indexing.page import Facets
from indexing.request import Filters

Counted = Mapping[str, Any]
"""The aggregations of an answer."""


def aggregations(filters: Filters) -> dict[str, Agg[Any]]:
    """Return what must be counted, each under the filters that are not its own."""
    counted = {
        "category": _under(filters, "category", _terms("category_token", facets.MAX_CATEGORIES)),
        "brand": _under(filters, "brand", _terms("brand_token", facets.MAX_BRANDS)),
        "price": _under(filters, "price", A("range", field="price", ranges=_price_ranges())),
        "rating": _under(filters, "rating", _ratings()),
        "in_stock": A("filter", Bool(filter=clauses(replace(filters, in_stock=True)))),
        "attributes": _attributes(filters, without=""),
    }
    for place, name in enumerate(filters.attributes):
        counted[f"attribute_{place}"] = _attributes(filters, without=name)
    return counted


def facets_of(counted: Counted, filters: Filters) -> Facets:
    """Return the facets that Elasticsearch counted."""
    return Facets(
        categories=facets.category_tree(_buckets(counted["category"]["own"]), selected=filters.category),
        brands=facets.brand_buckets(_buckets(counted["brand"]["own"]), selected=filters.brands),
        prices=facets.price_buckets(bucket["doc_count"] for bucket in counted["price"]["own"]["buckets"]),
        ratings=facets.rating_buckets(
            {int(stars): each["doc_count"] for stars, each in counted["rating"]["own"]["buckets"].items()},
            selected=filters.min_rating,
        ),
        in_stock=counted["in_stock"]["doc_count"],
        attributes=facets.attribute_facets(_attribute_counts(counted, filters), selected=filters.attributes),
    )


def _under(filters: Filters, without: str, counted: Agg[Any]) -> Agg[Any]:
    result = A("filter", Bool(filter=clauses(filters, without=without)))
    result.bucket("own", counted)
    return result


def _terms(field: str, size: int) -> Agg[Any]:
    return A("terms", field=field, size=size)


def _price_ranges() -> list[dict[str, int]]:
    return [
        {name: edge for name, edge in (("from", low), ("to", high)) if edge is not None}
        for low, high in facets.price_ranges()
    ]


def _ratings() -> Agg[Any]:
    return A("filters", filters={str(stars): Range("rating", {"gte": stars}) for stars in facets.RATINGS})


def _attributes(filters: Filters, *, without: str) -> Agg[Any]:
    """Count attribute values of the variants that pass, each product once; of `without` alone if named."""
    only = {"include": f"{escaped(without + SEPARATOR)}.*"} if without else {}
    result = A("filter", Bool(filter=clauses(filters, without=without)))
    passing = Bool(filter=variant_filters(filters, without=without))
    variants = result.bucket("variants", "nested", path="variants").bucket("passing", "filter", passing)
    values = variants.bucket(
        "own", "terms", field="variants.attributes", size=facets.MAX_ATTRIBUTE_TOKENS, **only
    )
    values.bucket("products", "reverse_nested")
    return result


def _attribute_counts(counted: Counted, filters: Filters) -> dict[tuple[str, str], int]:
    counts = {
        each: count
        for each, count in _by_product(counted["attributes"]).items()
        if each[0] not in filters.attributes
    }
    for place in range(len(filters.attributes)):
        counts |= _by_product(counted[f"attribute_{place}"])
    return counts


def _by_product(counted: Counted) -> dict[tuple[str, str], int]:
    buckets = counted["variants"]["passing"]["own"]["buckets"]
    return facets.attribute_counts({each["key"]: each["products"]["doc_count"] for each in buckets})


def _buckets(counted: Counted) -> dict[str, int]:
    return {bucket["key"]: bucket["doc_count"] for bucket in counted["buckets"]}


def escaped(text: str) -> str:
    """Return a Lucene regular expression that matches `text` alone."""
    return re.sub(r"([^\w\s])", r"\\\1", text)
