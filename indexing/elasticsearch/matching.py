"""Translate a query plan and filters to Elasticsearch queries."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any

import msgspec

from indexing.elasticsearch import earlier
from indexing.elasticsearch.queries import MATCH_ALL, Query, all_of, any_of, constant, nested, term, terms
from indexing.elasticsearch.replies import encode
from indexing.fields import (
    CODE_PARTS,
    CODES,
    SELECTIONS,
    VOCABULARY,
    FieldKind,
    IndexField,
    scaled_price,
)
from indexing.filters import FILTERS, OF_VARIANT, FilterDeclaration, FilterKind, Filters, VariantFilters
from indexing.identity import ByIdentity
from indexing.mapping import key
from indexing.planning import plan as planning
from indexing.planning.plan import CODE_SCORES, PART_SCORE, Alternative, AlternativeKind, Excluded, Need, Plan
from indexing.ranking import RankingOptions
from indexing.schema import IndexSchema

TEXTS = 1_024
"""Queries for the texts of searches that a process remembers, as JSON: a query has hundreds of objects."""
LONGEST = 20_000
"""Bytes of a query that is remembered; those for a few words have a tenth of it."""

_texts: ByIdentity[msgspec.Raw] = ByIdentity(TEXTS)


class Matching:
    """Translates plans and filters to queries on the fields of one schema version."""

    def __init__(self, schema: IndexSchema) -> None:
        """Translate for generations of `schema`."""
        self.schema = schema

    def text(self, plan: Plan, *, required: int, ranking: RankingOptions) -> Query:
        """Return a query for products that satisfy at least `required` needs of `plan`, scored.

        Plans are remembered, and so are their queries.
        """
        known = _texts.get(plan, self.schema, ranking, required)
        if known is not None:
            return known
        written = encode(self._text(plan, required=required, ranking=ranking))
        query = msgspec.Raw(written)
        return _texts.keep(query, plan, self.schema, ranking, required) if len(written) <= LONGEST else query

    def _text(self, plan: Plan, *, required: int, ranking: RankingOptions) -> Query:
        needs = [self._need(need, ranking) for need in plan.needs]
        optional = [self._need(need, ranking) for need in plan.optional]
        counted = [*needs, *optional] if required < len(needs) else optional
        extra = [*optional, *(constant(need, ranking.satisfied_need_score) for need in counted)]
        if ranking.phrase_boost:
            extra += [self.holds("title", pair, boost=ranking.phrase_boost) for pair in pairwise(plan.words)]
        conditions = [self.allowed(plan)] if plan.phrases or plan.excluded else []
        must = {"bool": {"should": needs, "minimum_should_match": required}}
        return {"bool": {"must": [must], "should": extra, "filter": conditions}}

    def allowed(self, plan: Plan) -> Query:
        """Return a query for the products that the plan doesn't exclude, whatever their words are."""
        return {
            "bool": {
                "must": [MATCH_ALL],
                "filter": [self.anywhere(each, planning.FIELD_BOOSTS) for each in plan.phrases],
                "must_not": [self._excluded(each) for each in plan.excluded],
            }
        }

    def anywhere(self, words: planning.Term, fields: Iterable[str]) -> Query:
        """Return a query for products of which one of `fields` contains the term's words, in this order."""
        return any_of([self.holds(field, words) for field in fields])

    def _excluded(self, excluded: Excluded) -> Query:
        needs = [
            {
                "bool": {
                    "should": [
                        self.anywhere(each.term, planning.EXCLUDED_FIELDS) for each in need.alternatives
                    ]
                }
            }
            for need in excluded.needs
        ]
        return {"bool": {"must": needs, "must_not": [self.holds("title", each) for each in excluded.unless]}}

    def holds(self, field: str, words: planning.Term, *, boost: float = 1.0) -> Query:
        """Return a query for products whose text field contains the term's words, in this order."""
        kind, text = self._searched(words)
        return {kind: {self.schema.field(field).name: {"query": text, "boost": boost}}}

    def _searched(self, words: planning.Term) -> tuple[str, str]:
        """Return the kind of query for a term, and its text as fields have it."""
        if len(words) == 1:
            return "match", self.schema.term(words[0])
        return "match_phrase", " ".join(map(self.schema.term, words))

    def _need(self, need: Need, ranking: RankingOptions) -> Query:
        queries = [self._alternative(alternative, ranking) for alternative in need.alternatives]
        return queries[0] if len(queries) == 1 else {"dis_max": {"queries": queries}}

    def code(self, code: str, kind: AlternativeKind) -> Query:
        """Return a query for products with this code, or with one that begins with it or has such a part."""
        codes, parts = self.schema.field(CODES).name, self.schema.field(CODE_PARTS).name
        if kind is AlternativeKind.CODE:
            return constant(term(codes, code), CODE_SCORES[kind])
        return {
            "dis_max": {
                "queries": [
                    constant({"prefix": {codes: code}}, CODE_SCORES[kind]),
                    constant({"prefix": {parts: code}}, PART_SCORE),
                ]
            }
        }

    def _alternative(self, alternative: Alternative, ranking: RankingOptions) -> Query:
        if alternative.kind in CODE_SCORES:
            return self.code(alternative.term[0], alternative.kind)
        kind, text = self._searched(alternative.term)
        fields = [
            {kind: {self.schema.field(field).name: {"query": text, "boost": boost * alternative.weight}}}
            for field, boost in planning.FIELD_BOOSTS.items()
        ]
        if len(alternative.term) == 1 and ranking.exact_form_boost:
            exact = {"query": alternative.term[0], "boost": ranking.exact_form_boost * alternative.weight}
            fields.append({"match": {self.schema.field(VOCABULARY).name: exact}})
        return any_of(fields)

    def filters(self, filters: Filters) -> list[Query]:
        """Return the queries that a product must match."""
        if not self.schema.has(SELECTIONS):
            own = filters.without("attributes").given()
            return [*self._queries(own), *earlier.with_variant(filters)]
        queries = self._queries(filters.without(*OF_VARIANT).given())
        wanted = filters.of_variant()
        if wanted.narrow:
            queries.append(nested(SELECTIONS, all_of(self.variant_filters(wanted))))
        return queries

    def variant_filters(self, wanted: VariantFilters) -> list[Query]:
        """Return the queries that one selection of a product must match."""
        queries = [terms(f"{SELECTIONS}.key", sorted(keys)) for _, keys in wanted.conditions]
        limits = {"gte": wanted.lowest, "lte": wanted.highest}
        if prices := {name: scaled_price(limit) for name, limit in limits.items() if limit is not None}:
            queries.append({"range": {f"{SELECTIONS}.price": prices}})
        if wanted.available:
            queries.append(term(f"{SELECTIONS}.available", value=True))
        return queries

    def _queries(self, given: Mapping[str, Any]) -> list[Query]:
        return [self._query(declared, given[declared.name]) for declared in FILTERS if declared.name in given]

    def _query(self, declared: FilterDeclaration, value: Any) -> Query:
        field = self.schema.field(declared.field)
        match declared.kind:
            case FilterKind.ONE_OF:
                return terms(field.name, [key(each) for each in (value if declared.several else [value])])
            case FilterKind.TOKENS:
                return terms(field.name, list(value))
            case FilterKind.AT_LEAST | FilterKind.AT_MOST:
                limit = "gte" if declared.kind is FilterKind.AT_LEAST else "lte"
                return {"range": {field.name: {limit: _limit(field, value)}}}
            case FilterKind.CODE:
                return term(field.name, value.upper())
            case FilterKind.EQUALS | FilterKind.FLAG:
                return term(field.name, value)
            case FilterKind.ATTRIBUTES:
                raise AssertionError("attributes are matched by variant")


def _limit(field: IndexField, value: Decimal | float) -> float:
    if field.kind is FieldKind.MONEY:
        return field.scaled(Decimal(value))
    return float(value)


def with_products(query: Query, product_ids: Iterable[int]) -> Query:
    """Return `query` for these products as well, which have no score."""
    return any_of([query, constant(terms("id", list(product_ids)), 0)])
