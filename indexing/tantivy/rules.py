"""Translate what query rules change about a search to tantivy queries."""

from collections.abc import Sequence

from tantivy import Occur, Query

from indexing.page import Hit
from indexing.request import SearchRequest
from indexing.tantivy.matching import Matching, all_of, unscored
from indexing.tantivy.reader import Snapshot

LEAST_FACTOR = 1e-6
"""Of a boost: a smaller one couldn't be told from 0 after rounding."""


class Rules:
    """What the rules change about one search of a snapshot."""

    def __init__(self, snapshot: Snapshot, request: SearchRequest) -> None:
        """Translate the changes of `request`."""
        self._snapshot = snapshot
        self._matching: Matching = snapshot.matching
        self._request = request
        self._passing = [each for filters in request.restrictions for each in snapshot.filters(filters)]
        self._pinned = [each.product_id for each in request.arrangement.pinned]

    def organic(self, query: Query) -> Query:
        """Return `query` for the catalogue that the rules leave, without the pinned products."""
        found = self._snapshot.matching_all(query, *self._passing)
        return self._without(found, [*self._request.hidden, *self._pinned])

    def counted(self, query: Query) -> Query:
        """Return `query` for the catalogue that the rules leave, with the pinned products, for facets."""
        if self._pinned:
            either = [(Occur.Should, each) for each in (query, self._products(self._pinned))]
            query = Query.boolean_query(either, 1)
        found = self._snapshot.matching_all(query, *self._passing)
        return self._without(found, self._request.hidden)

    def boosted(self, query: Query) -> Query:
        """Return `query` with scores multiplied by the factors of the products' boosts.

        tantivy can only add scores. So each boost divides the products into those that pass its filters and
        the others, and only one of the two queries scores a product.
        """
        for boost in self._request.boosts:
            if not self._matching.fields.has_fields_of(boost.filters):
                continue
            passing = all_of(*self._snapshot.filters(boost.filters))
            parts = [
                Query.boost_query(all_of(query, passing), max(boost.factor, LEAST_FACTOR)),
                Query.boolean_query([(Occur.Must, query), (Occur.MustNot, passing)]),
            ]
            query = Query.boolean_query([(Occur.Should, part) for part in parts], 1)
        return query

    def shown(self) -> dict[int, Hit]:
        """Return the pinned products that are listed and pass the filters."""
        if not self._pinned:
            return {}
        own = self._snapshot.filters(self._request.filters)
        found = self._snapshot.matching_all(self._products(self._pinned), *self._passing, *own)
        wanted = self._without(found, self._request.hidden)
        hits = self._snapshot.searcher.search(wanted, len(self._pinned), count=False).hits
        products = self._snapshot.documents([address for _, address in hits])
        return {product.id: Hit(product, 0.0, pinned=True) for product in products}

    def _products(self, product_ids: Sequence[int]) -> Query:
        query = Query.term_set_query(self._snapshot.index.schema, "id", list(product_ids))
        return unscored(query)

    def _without(self, query: Query, product_ids: Sequence[int]) -> Query:
        if not product_ids:
            return query
        return Query.boolean_query([(Occur.Must, query), (Occur.MustNot, self._products(product_ids))])
