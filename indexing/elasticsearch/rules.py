"""Translate what query rules change about a search to Elasticsearch queries."""

from typing import Any

from indexing.elasticsearch.matching import Matching
from indexing.elasticsearch.queries import Body, Query, all_of, any_of, constant, none_of, terms
from indexing.fields import WEIGHT
from indexing.request import SearchRequest

DOCUMENT = "document"


def restricted(query: Query, request: SearchRequest, matching: Matching) -> Query:
    """Return `query` for the catalogue that the rules leave, with the pinned products.

    The result is what facets count. Pinned products have no score of their own.
    """
    passing = [each for filters in request.restrictions for each in matching.filters(filters)]
    pinned = [constant(pinned_products(request), 0)] if request.arrangement.pinned else []
    if not (passing or pinned or request.hidden):
        return query
    found = any_of([query, *pinned]) if pinned else query
    return {"bool": {"must": [found], "filter": passing, "must_not": _hidden(request)}}


def pinned_products(request: SearchRequest) -> Query:
    """Return a query for the products that are pinned."""
    return terms("id", [each.product_id for each in request.arrangement.pinned])


def without_pinned(request: SearchRequest) -> list[Query]:
    """Return the conditions of the ranked hits, which leave out pinned products."""
    return [none_of([pinned_products(request)])] if request.arrangement.pinned else []


def pins(request: SearchRequest, matching: Matching) -> Body:
    """Return a search for the pinned products that are listed and pass the filters."""
    passing = [
        each for filters in (request.filters, *request.restrictions) for each in matching.filters(filters)
    ]
    conditions = [pinned_products(request), *passing]
    return {
        "query": {"bool": {"filter": conditions, "must_not": _hidden(request)}},
        "size": len(request.arrangement.pinned),
        "_source": [DOCUMENT],
        "track_total_hits": False,
    }


def _hidden(request: SearchRequest) -> list[Query]:
    return [terms("id", request.hidden)] if request.hidden else []


def weighted(query: Query, request: SearchRequest, matching: Matching) -> Query:
    """Return `query` with scores multiplied by the product's factor, and by those of the rules."""
    functions: list[dict[str, Any]] = []
    if request.ranking.weighs_popularity_and_stock:
        functions.append({"field_value_factor": {"field": WEIGHT, "factor": 1, "missing": 1}})
    functions += [
        {"weight": each.factor, "filter": all_of(matching.filters(each.filters))}
        for each in request.boosts
        if matching.schema.has_fields_of(each.filters)
    ]
    if not functions:
        return query
    return {
        "function_score": {
            "query": query,
            "functions": functions,
            "score_mode": "multiply",
            "boost_mode": "multiply",
        }
    }
