"""Queries and aggregations as in the body of a request.

They are plain values, because creating and converting objects of elasticsearch.dsl costs milliseconds a
search. They may share parts, so they must not be changed.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

Query = Mapping[str, Any] | msgspec.Raw
"""A query, or its JSON."""
Aggregation = Mapping[str, Any]
Body = dict[str, Any]
"""The body of a search request."""

MATCH_ALL: Query = {"match_all": {}}
MATCH_NONE: Query = {"match_none": {}}


def all_of(conditions: Sequence[Query]) -> Query:
    """Return a query for what matches all conditions, without a score; everything if there are none."""
    return {"bool": {"filter": conditions}}


def any_of(queries: Sequence[Query]) -> Query:
    """Return a query for what matches at least one of `queries`, with the sum of their scores."""
    return {"bool": {"should": queries, "minimum_should_match": 1}}


def none_of(conditions: Sequence[Query]) -> Query:
    """Return a query for what matches no condition."""
    return {"bool": {"must_not": conditions}}


def constant(condition: Query, score: float) -> Query:
    """Return a query for what matches the condition, with this score."""
    return {"constant_score": {"filter": condition, "boost": score}}


def term(field: str, value: Any) -> Query:
    """Return a query for products that have this value."""
    return {"term": {field: value}}


def terms(field: str, values: Sequence[Any]) -> Query:
    """Return a query for products that have one of these values."""
    return {"terms": {field: values}}


def nested(path: str, condition: Query) -> Query:
    """Return a query for products that have an object in `path` that matches."""
    return {"nested": {"path": path, "query": condition}}


def passing(conditions: Sequence[Query], aggregations: Mapping[str, Aggregation]) -> Aggregation:
    """Return an aggregation of what matches all conditions."""
    return {"filter": all_of(conditions), "aggs": aggregations}


def nested_passing(
    path: str, conditions: Sequence[Query], aggregations: Mapping[str, Aggregation]
) -> Mapping[str, Aggregation]:
    """Return the aggregation "variants" of the objects in `path`, with "passing" for those that match."""
    return {
        "variants": {
            "nested": {"path": path},
            "aggs": {"passing": passing(conditions, aggregations)},
        }
    }


def values(field: str, *, size: int, include: str | None = None, **aggregations: Aggregation) -> Aggregation:
    """Return an aggregation of the values of a field that match the regular expression, each aggregated."""
    counted: dict[str, Any] = {"field": field, "size": size}
    if include is not None:
        counted["include"] = include
    return {"terms": counted, "aggs": aggregations} if aggregations else {"terms": counted}


PRODUCTS: Aggregation = {"reverse_nested": {}}
"""The products of nested objects."""


def escaped(text: str) -> str:
    """Return a Lucene regular expression that matches `text` alone."""
    return re.sub(r"([^\w\s])", r"\\\1", text)
