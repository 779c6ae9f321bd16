"""A plan and filters as Elasticsearch queries."""

from collections.abc import Iterator
from itertools import pairwise

from elasticsearch.dsl.function import FieldValueFactor
from elasticsearch.dsl.query import (
    Bool,
    ConstantScore,
    DisMax,
    FunctionScore,
    Match,
    MatchPhrase,
    Nested,
    Query,
    Range,
    Term,
    Terms,
)

from indexing import query as meaning
from indexing.document import minor_units
from indexing.facets import chosen_tokens
from indexing.mapping import key
from indexing.query import Alternative, Need, Plan
from indexing.request import Filters

FLAGS = ("flash_sale", "best_seller_product", "featured_product")


def weighted(query: Query) -> Query:
    """Multiply scores by what a product's popularity and stock make of them."""
    return FunctionScore(
        query=query,
        functions=[FieldValueFactor(field="weight", factor=1, missing=1)],
        boost_mode="multiply",
    )


def text(plan: Plan, *, required: int) -> Query:
    """Match products that meet at least `required` needs of `plan`, scored."""
    needs = Bool(should=[_need(need) for need in plan.needs], minimum_should_match=required)
    extra: list[Query] = [holds("title", pair, boost=meaning.PHRASE_BOOST) for pair in pairwise(plan.words)]
    if required < len(plan.needs):
        met = meaning.SATISFIED_NEED_SCORE
        extra += [ConstantScore(filter=_need(need), boost=met) for need in plan.needs]
    return Bool(must=[needs], should=extra)


def holds(field: str, term: meaning.Term, *, boost: float = 1.0) -> Query:
    """Match products whose text field holds the word, or the words one after another."""
    if len(term) == 1:
        return Match(field, {"query": term[0], "boost": boost})
    return MatchPhrase(field, {"query": " ".join(term), "boost": boost})


def filters(filters: Filters, *, without: str = "") -> list[Query]:
    """Return what a product must match; `without` names the facet whose own filter is left out."""
    return list(_clauses(filters, without))


def variant_filters(filters: Filters, *, without: str = "") -> list[Query]:
    """Return what one variant of a product must match."""
    clauses: list[Query] = [
        Terms("variants.attributes", chosen_tokens(name, values))
        for name, values in filters.attributes.items()
        if name != without
    ]
    if filters.in_stock and without != "in_stock":
        clauses.append(Term("variants.available", {"value": True}))
    return clauses


def _clauses(filters: Filters, without: str) -> Iterator[Query]:
    if filters.category is not None and without != "category":
        yield Term("category_key", {"value": key(filters.category)})
    if filters.brands and without != "brand":
        yield Terms("brand_key", [key(brand) for brand in filters.brands])
    if (filters.min_price is not None or filters.max_price is not None) and without != "price":
        yield _price(filters)
    if filters.min_rating is not None and without != "rating":
        yield Range("rating", {"gte": filters.min_rating})
    if filters.seller_id is not None:
        yield Term("seller", {"value": filters.seller_id})
    for flag in FLAGS:
        if (value := getattr(filters, flag)) is not None:
            yield Term(flag, {"value": value})
    if filters.in_stock is not None and without != "in_stock":
        yield Term("in_stock", {"value": filters.in_stock})
    if any(name != without for name in filters.attributes):
        yield Nested(path="variants", query=Bool(filter=variant_filters(filters, without=without)))


def _price(filters: Filters) -> Query:
    limits = {
        name: minor_units(amount)
        for name, amount in (("gte", filters.min_price), ("lte", filters.max_price))
        if amount is not None
    }
    return Range("price", limits)


def _need(need: Need) -> Query:
    ways = [_alternative(alternative) for alternative in need.alternatives]
    return ways[0] if len(ways) == 1 else DisMax(queries=ways)


def _alternative(alternative: Alternative) -> Query:
    boosts = dict(meaning.FIELD_BOOSTS)
    if len(alternative.term) == 1:
        boosts["vocabulary"] = meaning.EXACT_FORM_BOOST
    fields = [
        holds(field, alternative.term, boost=boost * alternative.weight) for field, boost in boosts.items()
    ]
    return Bool(should=fields, minimum_should_match=1)
