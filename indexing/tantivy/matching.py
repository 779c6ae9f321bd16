"""Translate a query plan and filters to tantivy queries."""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

from tantivy import FieldType, Occur, Query, Schema

from indexing.fields import (
    ATTRIBUTE_KEY,
    CODE_PARTS,
    CODES,
    HIGHEST_PRICE,
    PRICE,
    VOCABULARY,
    FieldKind,
    IndexField,
)
from indexing.filters import FILTERS, OF_VARIANT, FilterDeclaration, FilterKind, Filters, VariantFilters
from indexing.mapping import key
from indexing.planning.plan import (
    CODE_SCORES,
    EXCLUDED_FIELDS,
    FIELD_BOOSTS,
    PART_SCORE,
    Alternative,
    AlternativeKind,
    Excluded,
    Need,
    Plan,
    Term,
)
from indexing.ranking import RankingOptions
from indexing.schema import IndexSchema

Stem = Callable[[str], str]


class Matching:
    """Builds queries for the generations of one schema version."""

    def __init__(self, schema: Schema, stem: Stem, *, fields: IndexSchema) -> None:
        """Build for tantivy's `schema` with `fields`; `stem` is the stemmer of versions 1 and 2."""
        self._schema = schema
        self.fields = fields
        self.stem = stem if fields.stems_in_engine else fields.term

    def live(self) -> Query:
        """Match every product, but no tombstone."""
        return unscored(self._term("live", 1))

    def text(self, plan: Plan, *, required: int, ranking: RankingOptions) -> Query:
        """Match products that satisfy at least `required` needs of `plan`, scored."""
        needs = [self._need(need, ranking) for need in plan.needs]
        clauses = [(Occur.Must, Query.boolean_query([(Occur.Should, need) for need in needs], required))]
        optional = [self._need(need, ranking) for need in plan.optional]
        counted = [*needs, *optional] if required < len(needs) else optional
        scored = (Query.const_score_query(need, ranking.satisfied_need_score) for need in counted)
        clauses += [(Occur.Should, query) for query in (*scored, *optional)]
        if ranking.phrase_boost:
            pairs = pairwise(plan.words)
            clauses += [(Occur.Should, self._adjacent(pair, boost=ranking.phrase_boost)) for pair in pairs]
        return Query.boolean_query([*clauses, *self._conditions(plan)])

    def counted_text(self, plan: Plan, *, required: int, ranking: RankingOptions) -> Query:
        """Match the products that `text` matches, without scores and in a fraction of the time."""
        needs = [
            any_of(*(query for each in need.alternatives for query, _ in self._weighted(each, ranking)))
            for need in plan.needs
        ]
        if required == len(needs):
            return Query.boolean_query([*((Occur.Must, need) for need in needs), *self._conditions(plan)])
        some = Query.boolean_query([(Occur.Should, need) for need in needs], required)
        return Query.boolean_query([(Occur.Must, some), *self._conditions(plan)])

    def allowed(self, plan: Plan) -> Query:
        """Match the products that the plan doesn't exclude, whatever their words are."""
        return Query.boolean_query([(Occur.Must, Query.all_query()), *self._conditions(plan)])

    def _conditions(self, plan: Plan) -> list[tuple[Occur, Query]]:
        phrases = (unscored(self._anywhere(each, FIELD_BOOSTS)) for each in plan.phrases)
        excluded = map(self._excluded, plan.excluded)
        return [*((Occur.Must, each) for each in phrases), *((Occur.MustNot, each) for each in excluded)]

    def _anywhere(self, term: Term, fields: Iterable[str]) -> Query:
        return Query.boolean_query([(Occur.Should, self.term(field, term)) for field in fields])

    def _excluded(self, excluded: Excluded) -> Query:
        clauses = [
            (Occur.Must, any_of(*(self._anywhere(each.term, EXCLUDED_FIELDS) for each in need.alternatives)))
            for need in excluded.needs
        ]
        clauses += [(Occur.MustNot, self.term("title", each)) for each in excluded.unless]
        return Query.boolean_query(clauses)

    def term(self, field: str, term: Term) -> Query:
        """Match products whose text field contains the term's words, in this order."""
        name, stems = self.fields.field(field).name, [self.stem(word) for word in term]
        if len(stems) == 1:
            return self._term(name, stems[0])
        return Query.phrase_query(self._schema, name, list(stems))

    def product_filters(self, filters: Filters) -> list[Query]:
        """Return the queries that a product must match, apart from the filters on its variants."""
        given = filters.given()
        return [
            unscored(self._filter(declared, given[declared.name]))
            for declared in FILTERS
            if declared.name in given and declared.name not in OF_VARIANT
        ]

    def may_match(self, wanted: VariantFilters) -> Query | None:
        """Match the products of which each condition on variants is satisfied by some variant.

        Return None if the schema has no fields for that.
        """
        if not self.fields.has(ATTRIBUTE_KEY):
            return None
        clauses = [self._any_of(ATTRIBUTE_KEY, [*keys]) for _, keys in wanted.conditions]
        if wanted.lowest is not None:
            clauses.append(self._range(self.fields.field(HIGHEST_PRICE), wanted.lowest, None))
        if wanted.highest is not None:
            clauses.append(self._range(self.fields.field(PRICE), None, wanted.highest))
        return unscored(Query.boolean_query([(Occur.Must, clause) for clause in clauses]))

    def exact(self, field: str, value: str) -> Query:
        """Match the products with exactly this value."""
        return unscored(self._term(field, value))

    def any_of(self, field: str, values: Sequence[str]) -> Query:
        """Match the products with one of these values."""
        return unscored(self._any_of(field, values))

    def products(self, product_ids: Sequence[int]) -> Query:
        """Match the products with these ids."""
        return unscored(self._any_of("id", product_ids))

    def _filter(self, declared: FilterDeclaration, value: Any) -> Query:
        field = self.fields.field(declared.field)
        match declared.kind:
            case FilterKind.ONE_OF:
                return self._any_of(
                    field.name, [key(each) for each in (value if declared.several else [value])]
                )
            case FilterKind.TOKENS:
                return self._any_of(field.name, list(value))
            case FilterKind.AT_LEAST:
                return self._range(field, value, None)
            case FilterKind.AT_MOST:
                return self._range(field, None, value)
            case FilterKind.CODE:
                return self._term(field.name, value.upper())
            case FilterKind.EQUALS | FilterKind.FLAG:
                return self._term(field.name, int(value))
            case FilterKind.ATTRIBUTES:
                raise AssertionError("attributes are matched by variant")

    def _range(self, field: IndexField, low: Any, high: Any) -> Query:
        if field.kind is FieldKind.MONEY:
            low, high = (None if limit is None else field.scaled(Decimal(limit)) for limit in (low, high))
            return Query.range_query(self._schema, field.name, FieldType.Unsigned, low, high)
        low, high = (None if limit is None else float(limit) for limit in (low, high))
        return Query.range_query(self._schema, field.name, FieldType.Float, low, high)

    def _need(self, need: Need, ranking: RankingOptions) -> Query:
        weighted = [self._alternative(alternative, ranking) for alternative in need.alternatives]
        return weighted[0] if len(weighted) == 1 else Query.disjunction_max_query(weighted)

    def code(self, code: str, kind: AlternativeKind) -> Query:
        """Match products with this code, or with one that begins with it or has such a part."""
        if kind is AlternativeKind.CODE:
            return Query.const_score_query(self._term(self._name(CODES), code), CODE_SCORES[kind])
        scored = ((CODES, CODE_SCORES[kind]), (CODE_PARTS, PART_SCORE))
        return Query.disjunction_max_query(
            [
                Query.const_score_query(self._beginning(self._name(name), code), score)
                for name, score in scored
            ]
        )

    def code_begun(self, code: str) -> Query:
        """Match products of which one of the first 50 codes and parts that begin with this is one.

        That takes microseconds, and the automaton of `code` a millisecond.
        """
        names = map(self._name, (CODES, CODE_PARTS))
        return any_of(*(Query.phrase_prefix_query(self._schema, name, [code]) for name in names))

    def _name(self, name: str) -> str:
        return self.fields.field(name).name

    def _beginning(self, field: str, value: str) -> Query:
        return Query.regex_query(self._schema, field, f"{value}.*")

    def _alternative(self, alternative: Alternative, ranking: RankingOptions) -> Query:
        if alternative.kind in CODE_SCORES:
            return self.code(alternative.term[0], alternative.kind)
        return Query.boolean_query(
            [
                (Occur.Should, Query.boost_query(query, boost * alternative.weight))
                for query, boost in self._weighted(alternative, ranking)
            ]
        )

    def _weighted(self, alternative: Alternative, ranking: RankingOptions) -> list[tuple[Query, float]]:
        """Return queries of which a product matches one if it has the alternative, each with its boost."""
        if alternative.kind in CODE_SCORES:
            return [(self.code(alternative.term[0], alternative.kind), 1.0)]
        boosted = [(self.term(field, alternative.term), boost) for field, boost in FIELD_BOOSTS.items()]
        if len(alternative.term) == 1 and ranking.exact_form_boost:
            boosted.append((self._exact(alternative.term[0]), ranking.exact_form_boost))
        return boosted

    def _exact(self, word: str) -> Query:
        return self._term(self.fields.field(VOCABULARY).name, word)

    def _adjacent(self, pair: tuple[str, str], *, boost: float) -> Query:
        return Query.boost_query(self.term("title", pair), boost)

    def _any_of(self, field: str, values: Sequence[str | int]) -> Query:
        return Query.term_set_query(self._schema, field, list(values))

    def _term(self, field: str, value: str | int) -> Query:
        return Query.term_query(self._schema, field, value, "basic")


def unscored(query: Query) -> Query:
    """Match what `query` matches, with the score 0."""
    return Query.const_score_query(query, 0.0)


def any_of(*queries: Query) -> Query:
    """Match the products that match one of `queries`."""
    return Query.boolean_query([(Occur.Should, query) for query in queries])


def all_of(*queries: Query) -> Query:
    """Match the products that match every one of `queries`."""
    return Query.boolean_query([(Occur.Must, query) for query in queries])
