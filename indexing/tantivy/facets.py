"""Count the facets of a request in one snapshot."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tantivy import Query

from indexing import counting
from indexing.facets import FACETS, FacetDeclaration, Facets, FacetShape
from indexing.filters import Filters
from indexing.tantivy.matching import all_of
from indexing.tantivy.reader import Snapshot

TERMS_SIZES = {FacetShape.TREE: counting.MAX_CATEGORIES, FacetShape.VALUES: counting.MAX_VALUES}


class Counting:
    """Counts the products that match `base`, each facet without the filters that it sets itself."""

    def __init__(self, snapshot: Snapshot, base: Query, filters: Filters) -> None:
        """Count in one snapshot."""
        self._snapshot = snapshot
        self._fields = snapshot.matching.fields
        self._base = base
        self._filters = filters

    def facets(self) -> Facets:
        """Return every facet; one whose field isn't in the schema is empty."""
        counts = {
            declared.name: self._counts(declared)
            for declared in FACETS
            if not declared.field or self._fields.has(declared.field)
        }
        return counting.facets_of(counts, filters=self._filters)

    def _counts(self, declared: FacetDeclaration) -> object:
        others = declared.others(self._filters)
        match declared.shape:
            case FacetShape.TREE | FacetShape.VALUES:
                field = self._fields.field(declared.field).name
                return self._terms(field, others, size=TERMS_SIZES[declared.shape])
            case FacetShape.RANGES:
                return self._ranges(declared, others)
            case FacetShape.STEPS:
                return self._steps(declared, others)
            case FacetShape.COUNT:
                return self._count(self._filters.replaced(**{declared.field: True}))
            case FacetShape.ATTRIBUTES:
                return self._attributes()

    def _query(self, filters: Filters) -> Query:
        return all_of(self._base, *self._snapshot.matching.filters(filters))

    def _count(self, filters: Filters) -> int:
        return self._snapshot.count(self._query(filters))

    def _aggregate(self, aggregations: Mapping[str, Any], filters: Filters) -> dict[str, Any]:
        found: dict[str, Any] = self._snapshot.searcher.aggregate(self._query(filters), dict(aggregations))
        return found

    def _terms(self, field: str, filters: Filters, *, size: int) -> dict[str, int]:
        found = self._aggregate({field: {"terms": {"field": field, "size": size}}}, filters)
        return {bucket["key"]: bucket["doc_count"] for bucket in found[field]["buckets"]}

    def _ranges(self, declared: FacetDeclaration, filters: Filters) -> list[int]:
        field = self._fields.field(declared.field)
        edges = [
            tuple(None if edge is None else field.scaled(edge) for edge in limits)
            for limits in counting.price_ranges()
        ]
        ranges = [
            {name: edge for name, edge in (("from", low), ("to", high)) if edge is not None}
            for low, high in edges
        ]
        found = self._aggregate({"own": {"range": {"field": field.name, "ranges": ranges}}}, filters)
        counts = {bucket.get("from"): bucket["doc_count"] for bucket in found["own"]["buckets"]}
        return [counts.get(low, 0) for low, _ in edges]

    def _steps(self, declared: FacetDeclaration, filters: Filters) -> dict[int, int]:
        field = self._fields.field(declared.field).name
        found = self._aggregate(
            {
                str(stars): {"range": {"field": field, "ranges": [{"from": stars}]}}
                for stars in counting.RATINGS
            },
            filters,
        )
        return {
            stars: sum(b["doc_count"] for b in found[str(stars)]["buckets"] if b.get("from") == stars)
            for stars in counting.RATINGS
        }

    def _attributes(self) -> dict[tuple[str, str], int]:
        selected = self._filters.attributes
        counts = self._attribute_counts(self._filters, excluded=frozenset(selected))
        for name in selected:
            others = self._filters.without_attribute(name)
            own = self._attribute_counts(others, excluded=frozenset(selected) - {name})
            counts |= {each: count for each, count in own.items() if each[0] == name}
        return counts

    def _attribute_counts(self, filters: Filters, *, excluded: frozenset[str]) -> dict[tuple[str, str], int]:
        """Count the values of the attributes that are not in `excluded`.

        Attributes of products are counted by aggregation. Attributes of variants are too, unless `filters`
        has attributes: one variant must then have all values, so each value needs a separate count.
        """
        option = "option_in_stock" if filters.in_stock else "option"
        size = counting.MAX_ATTRIBUTE_TOKENS
        common = counting.attribute_counts(self._terms("attribute", filters, size=size))
        varying = counting.attribute_counts(self._terms(option, filters, size=size))
        counts = {each: count for each, count in common.items() if each[0] not in excluded}
        for (name, value), count in varying.items():
            if name in excluded:
                continue
            if filters.attributes:
                narrowed = replace(filters, attributes={**filters.attributes, name: (value,)})
                counts[name, value] = self._count(narrowed)
            else:
                counts[name, value] = counts.get((name, value), 0) + count
        return {each: count for each, count in counts.items() if count}
