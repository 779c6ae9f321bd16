"""Translate what query rules change about a search to Elasticsearch queries."""

from elasticsearch.dsl import SF, Search
from elasticsearch.dsl.function import FieldValueFactor, ScoreFunction
from elasticsearch.dsl.query import Bool, ConstantScore, FunctionScore, Query, Terms

from indexing.elasticsearch.matching import Matching
from indexing.fields import WEIGHT
from indexing.request import SearchRequest

DOCUMENT = "document"


def restricted(query: Query, request: SearchRequest, matching: Matching) -> Query:
    """Return `query` for the catalogue that the rules leave, with the pinned products.

    The result is what facets count. Pinned products have no score of their own.
    """
    passing = [each for filters in request.restrictions for each in matching.filters(filters)]
    pinned = [ConstantScore(filter=pinned_products(request), boost=0)] if request.arrangement.pinned else []
    if not (passing or pinned or request.hidden):
        return query
    hidden = [Terms("id", list(request.hidden))] if request.hidden else []
    found = Bool(should=[query, *pinned], minimum_should_match=1) if pinned else query
    return Bool(must=[found], filter=passing, must_not=hidden)


def pinned_products(request: SearchRequest) -> Query:
    """Return a query for the products that are pinned."""
    return Terms("id", [each.product_id for each in request.arrangement.pinned])


def without_pinned(request: SearchRequest) -> list[Query]:
    """Return the conditions of the ranked hits, which leave out pinned products."""
    return [Bool(must_not=[pinned_products(request)])] if request.arrangement.pinned else []


def pins(request: SearchRequest, matching: Matching) -> Search:
    """Return a search for the pinned products that are listed and pass the filters."""
    passing = [
        each for filters in (request.filters, *request.restrictions) for each in matching.filters(filters)
    ]
    hidden = [Terms("id", list(request.hidden))] if request.hidden else []
    query = Bool(filter=[pinned_products(request), *passing], must_not=hidden)
    search = Search().query(query).source([DOCUMENT])
    return search.extra(size=len(request.arrangement.pinned), track_total_hits=False)


def weighted(query: Query, request: SearchRequest, matching: Matching) -> Query:
    """Return `query` with scores multiplied by the product's factor, and by those of the rules."""
    functions: list[ScoreFunction] = []
    if request.ranking.weighs_popularity_and_stock:
        functions.append(FieldValueFactor(field=WEIGHT, factor=1, missing=1))
    functions += [
        SF({"weight": each.factor, "filter": Bool(filter=matching.filters(each.filters)).to_dict()})
        for each in request.boosts
        if matching.schema.has_fields_of(each.filters)
    ]
    if not functions:
        return query
    return FunctionScore(query=query, functions=functions, score_mode="multiply", boost_mode="multiply")
