"""Translate a query plan and filters to Elasticsearch queries."""

from decimal import Decimal
from itertools import pairwise
from typing import Any

from elasticsearch.dsl.query import (
    Bool,
    ConstantScore,
    DisMax,
    Match,
    MatchPhrase,
    Nested,
    Query,
    Range,
    Term,
    Terms,
)

from indexing import query as meaning
from indexing.counting import attribute_filter_tokens
from indexing.fields import VOCABULARY, FieldKind, IndexField
from indexing.filters import FILTERS, FilterDeclaration, FilterKind, Filters
from indexing.mapping import key
from indexing.query import Alternative, Need, Plan
from indexing.ranking import RankingOptions
from indexing.schema import IndexSchema


def text(plan: Plan, *, required: int, ranking: RankingOptions) -> Query:
    """Return a query for products that satisfy at least `required` needs of `plan`, scored."""
    needs = [_need(need, ranking) for need in plan.needs]
    extra: list[Query] = []
    if ranking.phrase_boost:
        extra += [holds("title", pair, boost=ranking.phrase_boost) for pair in pairwise(plan.words)]
    if required < len(needs):
        boost = ranking.satisfied_need_score
        extra += [ConstantScore(filter=need, boost=boost) for need in needs]
    return Bool(must=[Bool(should=needs, minimum_should_match=required)], should=extra)


def holds(field: str, term: meaning.Term, *, boost: float = 1.0) -> Query:
    """Return a query for products whose text field contains the term's words, in this order."""
    if len(term) == 1:
        return Match(field, {"query": term[0], "boost": boost})
    return MatchPhrase(field, {"query": " ".join(term), "boost": boost})


class Matching:
    """Translates filters to queries on the fields of one schema version."""

    def __init__(self, schema: IndexSchema) -> None:
        """Translate for generations of `schema`."""
        self.schema = schema

    def filters(self, filters: Filters) -> list[Query]:
        """Return the queries that a product must match."""
        given = filters.given()
        return [
            self._query(declared, given[declared.name], filters)
            for declared in FILTERS
            if declared.name in given
        ]

    def variant_filters(self, filters: Filters) -> list[Query]:
        """Return the queries that one variant of a product must match."""
        queries: list[Query] = [
            Terms("variants.attributes", attribute_filter_tokens(name, values))
            for name, values in filters.attributes.items()
        ]
        if filters.in_stock:
            queries.append(Term("variants.available", {"value": True}))
        return queries

    def _query(self, declared: FilterDeclaration, value: Any, filters: Filters) -> Query:
        if declared.kind is FilterKind.ATTRIBUTES:
            return Nested(path="variants", query=Bool(filter=self.variant_filters(filters)))
        field = self.schema.field(declared.field)
        match declared.kind:
            case FilterKind.ONE_OF:
                return Terms(field.name, [key(each) for each in (value if declared.several else [value])])
            case FilterKind.TOKENS:
                return Terms(field.name, list(value))
            case FilterKind.AT_LEAST | FilterKind.AT_MOST:
                limit = "gte" if declared.kind is FilterKind.AT_LEAST else "lte"
                return Range(field.name, {limit: _limit(field, value)})
            case FilterKind.EQUALS | FilterKind.FLAG:
                return Term(field.name, {"value": value})


def _limit(field: IndexField, value: Decimal | float) -> float:
    if field.kind is FieldKind.MONEY:
        return field.scaled(Decimal(value))
    return float(value)


def _need(need: Need, ranking: RankingOptions) -> Query:
    queries = [_alternative(alternative, ranking) for alternative in need.alternatives]
    return queries[0] if len(queries) == 1 else DisMax(queries=queries)


def _alternative(alternative: Alternative, ranking: RankingOptions) -> Query:
    boosts = dict(meaning.FIELD_BOOSTS)
    if len(alternative.term) == 1 and ranking.exact_form_boost:
        boosts[VOCABULARY] = ranking.exact_form_boost
    fields = [
        holds(field, alternative.term, boost=boost * alternative.weight) for field, boost in boosts.items()
    ]
    return Bool(should=fields, minimum_should_match=1)
