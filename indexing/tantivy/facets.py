"""Counting products per value, in one generation."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tantivy import Query

from indexing import facets
from indexing.page import Facets
from indexing.request import Filters
from indexing.tantivy.matching import all_of
from indexing.tantivy.reader import Snapshot


class Counting:
    """Counts the products that match `base`, under `filters` less each facet's own."""

    def __init__(self, snapshot: Snapshot, base: Query, filters: Filters) -> None:
        """Count in one snapshot."""
        self._snapshot = snapshot
        self._base = base
        self._filters = filters

    def facets(self) -> Facets:
        """Return every facet."""
        filters = self._filters
        return Facets(
            categories=facets.category_tree(
                self._terms("category_token", without="category", size=facets.MAX_CATEGORIES),
                selected=filters.category,
            ),
            brands=facets.brand_buckets(
                self._terms("brand_token", without="brand", size=facets.MAX_BRANDS), selected=filters.brands
            ),
            prices=facets.price_buckets(self._prices()),
            ratings=facets.rating_buckets(self._ratings(), selected=filters.min_rating),
            in_stock=self._count(replace(filters, in_stock=True)),
            attributes=facets.attribute_facets(self._attributes(), selected=filters.attributes),
        )

    def _query(self, filters: Filters, without: str = "") -> Query:
        return all_of(self._base, *self._snapshot.matching.filters(filters, without=without))

    def _count(self, filters: Filters) -> int:
        return self._snapshot.count(self._query(filters))

    def _aggregate(self, aggregations: Mapping[str, Any], *, without: str) -> dict[str, Any]:
        query = self._query(self._filters, without)
        found: dict[str, Any] = self._snapshot.searcher.aggregate(query, dict(aggregations))
        return found

    def _terms(self, field: str, *, without: str, size: int) -> dict[str, int]:
        found = self._aggregate({field: {"terms": {"field": field, "size": size}}}, without=without)
        return {bucket["key"]: bucket["doc_count"] for bucket in found[field]["buckets"]}

    def _prices(self) -> list[int]:
        ranges = [
            {name: edge for name, edge in (("from", low), ("to", high)) if edge is not None}
            for low, high in facets.price_ranges()
        ]
        found = self._aggregate({"price": {"range": {"field": "price", "ranges": ranges}}}, without="price")
        counts = {bucket.get("from"): bucket["doc_count"] for bucket in found["price"]["buckets"]}
        return [counts.get(low, 0) for low, _ in facets.price_ranges()]

    def _ratings(self) -> dict[int, int]:
        ranges = [{"from": stars} for stars in facets.RATINGS]
        found = self._aggregate(
            {
                str(stars): {"range": {"field": "rating", "ranges": [limits]}}
                for stars, limits in zip(facets.RATINGS, ranges, strict=True)
            },
            without="rating",
        )
        return {
            stars: sum(b["doc_count"] for b in found[str(stars)]["buckets"] if b.get("from") == stars)
            for stars in facets.RATINGS
        }

    def _attributes(self) -> dict[tuple[str, str], int]:
        chosen = self._filters.attributes
        counts = self._attribute_counts(without="", names_out=frozenset(chosen))
        for name in chosen:
            own = self._attribute_counts(without=name, names_out=frozenset(chosen) - {name})
            counts |= {each: count for each, count in own.items() if each[0] == name}
        return counts

    def _attribute_counts(self, *, without: str, names_out: frozenset[str]) -> dict[tuple[str, str], int]:
        """Count the values of the attributes that are not in `names_out`.

        What belongs to products is counted by the engine; so is what belongs to variants, unless other
        attributes are chosen: then the same variant must have both, and each value is a search of its own.
        """
        option = "option_in_stock" if self._filters.in_stock else "option"
        size = facets.MAX_ATTRIBUTE_TOKENS
        common = facets.attribute_counts(self._terms("attribute", without=without, size=size))
        varying = facets.attribute_counts(self._terms(option, without=without, size=size))
        others = {name: values for name, values in self._filters.attributes.items() if name != without}
        counts = {each: count for each, count in common.items() if each[0] not in names_out}
        for (name, value), count in varying.items():
            if name in names_out:
                continue
            if others:
                narrowed = replace(self._filters, attributes={**others, name: (value,)})
                counts[name, value] = self._count(narrowed)
            else:
                counts[name, value] = counts.get((name, value), 0) + count
        return {each: count for each, count in counts.items() if count}
