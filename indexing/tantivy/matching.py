"""A plan and filters as tantivy queries."""

from collections.abc import Callable, Iterator, Mapping
from itertools import chain, combinations, pairwise, product

from tantivy import FieldType, Occur, Query, Schema

from indexing.document import minor_units
from indexing.facets import chosen_tokens
from indexing.mapping import key
from indexing.query import (
    EXACT_FORM_BOOST,
    FIELD_BOOSTS,
    PHRASE_BOOST,
    SATISFIED_NEED_SCORE,
    Alternative,
    Need,
    Plan,
    Term,
)
from indexing.request import Filters
from indexing.tantivy.schema import choice_token

Stem = Callable[[str], str]
Attributes = Mapping[str, tuple[str, ...]]


class Matching:
    """Builds queries for one schema."""

    def __init__(self, schema: Schema, stem: Stem) -> None:
        """Build for `schema`, whose text fields hold what `stem` returns for a word."""
        self._schema = schema
        self._stem = stem

    def live(self) -> Query:
        """Match every product; what remembers a delete is none."""
        return _unscored(self._term("live", 1))

    def text(self, plan: Plan, *, required: int) -> Query:
        """Match products that meet at least `required` needs of `plan`, scored."""
        needs = [(Occur.Should, self._need(need)) for need in plan.needs]
        clauses = [(Occur.Must, Query.boolean_query(needs, required))]
        if required < len(plan.needs):
            met = (Query.const_score_query(self._need(need), SATISFIED_NEED_SCORE) for need in plan.needs)
            clauses += [(Occur.Should, query) for query in met]
        clauses += [(Occur.Should, self._near(pair)) for pair in pairwise(plan.words)]
        return Query.boolean_query(clauses)

    def term(self, field: str, term: Term) -> Query:
        """Match products whose text field holds the word, or the words one after another."""
        stems = [self._stem(word) for word in term]
        if len(stems) == 1:
            return self._term(field, stems[0])
        return Query.phrase_query(self._schema, field, list(stems))

    def filters(self, filters: Filters, *, without: str = "") -> list[Query]:
        """Return what a product must match; `without` names the facet whose own filter is left out."""
        return [_unscored(query) for query in self._clauses(filters, without)]

    def _clauses(self, filters: Filters, without: str) -> Iterator[Query]:
        if filters.category is not None and without != "category":
            yield self._term("category_key", key(filters.category))
        if filters.brands and without != "brand":
            yield self._any_of("brand_key", [key(brand) for brand in filters.brands])
        if (filters.min_price is not None or filters.max_price is not None) and without != "price":
            yield self._price(filters)
        if filters.min_rating is not None and without != "rating":
            yield Query.range_query(self._schema, "rating", FieldType.Float, float(filters.min_rating), None)
        if filters.seller_id is not None:
            yield self._term("seller", filters.seller_id)
        for flag in ("flash_sale", "best_seller_product", "featured_product"):
            if (value := getattr(filters, flag)) is not None:
                yield self._term(flag, int(value))
        yield from self._stock_and_attributes(filters, without)

    def _price(self, filters: Filters) -> Query:
        low = None if filters.min_price is None else minor_units(filters.min_price)
        high = None if filters.max_price is None else minor_units(filters.max_price)
        return Query.range_query(self._schema, "price", FieldType.Unsigned, low, high)

    def _stock_and_attributes(self, filters: Filters, without: str) -> Iterator[Query]:
        in_stock = None if without == "in_stock" else filters.in_stock
        if in_stock is not None:
            yield self._term("in_stock", int(in_stock))
        chosen = {name: values for name, values in filters.attributes.items() if name != without}
        if chosen:
            yield self._attributes(chosen, "choice_in_stock" if in_stock else "choice")

    def _attributes(self, chosen: Attributes, field: str) -> Query:
        """Match products of which one variant has all of `chosen`.

        In one product a name belongs to the product or to its variants, so that each way to share the names
        between the two is tried; what falls to the variants must be one indexed combination.
        """
        ways = []
        for size in range(len(chosen) + 1):
            for varying in combinations(sorted(chosen), size):
                common = [name for name in chosen if name not in varying]
                ways.append(self._shared(chosen, common=common, varying=list(varying), field=field))
        return Query.boolean_query([(Occur.Should, way) for way in ways], 1)

    def _shared(self, chosen: Attributes, *, common: list[str], varying: list[str], field: str) -> Query:
        clauses = [self._any_of("attribute", chosen_tokens(name, chosen[name])) for name in common]
        if varying:
            options = product(*(chosen_tokens(name, chosen[name]) for name in varying))
            clauses.append(self._any_of(field, [choice_token(option) for option in options]))
        return Query.boolean_query([(Occur.Must, clause) for clause in clauses])

    def _need(self, need: Need) -> Query:
        weighted = [self._alternative(alternative) for alternative in need.alternatives]
        return weighted[0] if len(weighted) == 1 else Query.disjunction_max_query(weighted)

    def _alternative(self, alternative: Alternative) -> Query:
        boosted = [(self.term(field, alternative.term), boost) for field, boost in FIELD_BOOSTS.items()]
        if len(alternative.term) == 1:
            boosted.append((self._term("vocabulary", alternative.term[0]), EXACT_FORM_BOOST))
        return Query.boolean_query(
            [(Occur.Should, Query.boost_query(query, boost * alternative.weight)) for query, boost in boosted]
        )

    def _near(self, pair: tuple[str, str]) -> Query:
        return Query.boost_query(self.term("title", pair), PHRASE_BOOST)

    def _any_of(self, field: str, values: list[str]) -> Query:
        return Query.term_set_query(self._schema, field, values)

    def _term(self, field: str, value: str | int) -> Query:
        return Query.term_query(self._schema, field, value, "basic")


def _unscored(query: Query) -> Query:
    return Query.const_score_query(query, 0.0)


def all_of(*queries: Query) -> Query:
    """Match what matches every one of `queries`."""
    return Query.boolean_query([(Occur.Must, query) for query in chain(queries)])
