"""The aggregations that count all facets in the search request itself."""

import re
from collections.abc import Mapping
from typing import Any

from elasticsearch.dsl import A
from elasticsearch.dsl.aggs import Agg
from elasticsearch.dsl.query import Bool, Range

from indexing import counting
from indexing.elasticsearch.matching import Matching
from indexing.facets import FACETS, FacetDeclaration, Facets, FacetShape
from indexing.filters import Filters
from indexing.mapping import SEPARATOR

Counted = Mapping[str, Any]
"""The aggregations of a response."""

TERMS_SIZES = {FacetShape.TREE: counting.MAX_CATEGORIES, FacetShape.VALUES: counting.MAX_VALUES}


class Counting:
    """Counts the facets under one set of filters; a facet whose field isn't in the schema is left out."""

    def __init__(self, matching: Matching, filters: Filters) -> None:
        """Count each facet under `filters`, without those that the facet itself sets."""
        self._matching = matching
        self._filters = filters
        self._declared = [each for each in FACETS if not each.field or matching.schema.has(each.field)]

    def aggregations(self) -> dict[str, Agg[Any]]:
        """Return the aggregations by name."""
        counted = {declared.name: self._aggregation(declared) for declared in self._declared}
        for place, name in enumerate(self._filters.attributes):
            counted[f"attribute_{place}"] = self._attributes(self._filters.without_attribute(name), only=name)
        return counted

    def facets(self, counted: Counted) -> Facets:
        """Return the facets from the counts of Elasticsearch."""
        counts = {declared.name: self._counts(declared, counted) for declared in self._declared}
        return counting.facets_of(counts, filters=self._filters)

    def _aggregation(self, declared: FacetDeclaration) -> Agg[Any]:
        if declared.shape is FacetShape.ATTRIBUTES:
            return self._attributes(self._filters)
        if declared.shape is FacetShape.COUNT:
            return self._passing(self._filters.replaced(**{declared.field: True}))
        result = self._passing(declared.others(self._filters))
        result.bucket("own", self._own(declared))
        return result

    def _own(self, declared: FacetDeclaration) -> Agg[Any]:
        field = self._matching.schema.field(declared.field)
        if declared.shape is FacetShape.RANGES:
            ranges = [
                {name: field.scaled(edge) for name, edge in (("from", low), ("to", high)) if edge is not None}
                for low, high in counting.price_ranges()
            ]
            return A("range", field=field.name, ranges=ranges)
        if declared.shape is FacetShape.STEPS:
            steps = {str(stars): Range(field.name, {"gte": stars}) for stars in counting.RATINGS}
            return A("filters", filters=steps)
        return A("terms", field=field.name, size=TERMS_SIZES[declared.shape])

    def _passing(self, filters: Filters) -> Agg[Any]:
        return A("filter", Bool(filter=self._matching.filters(filters)))

    def _attributes(self, filters: Filters, *, only: str = "") -> Agg[Any]:
        """Count products by the attribute values (of attribute `only`, if given) of matching variants."""
        included = {"include": f"{escaped(only + SEPARATOR)}.*"} if only else {}
        result = self._passing(filters)
        passing = Bool(filter=self._matching.variant_filters(filters))
        variants = result.bucket("variants", "nested", path="variants").bucket("passing", "filter", passing)
        values = variants.bucket(
            "own", "terms", field="variants.attributes", size=counting.MAX_ATTRIBUTE_TOKENS, **included
        )
        values.bucket("products", "reverse_nested")
        return result

    def _counts(self, declared: FacetDeclaration, counted: Counted) -> object:
        found = counted[declared.name]
        match declared.shape:
            case FacetShape.COUNT:
                return found["doc_count"]
            case FacetShape.ATTRIBUTES:
                return self._attribute_counts(counted)
            case FacetShape.RANGES:
                return [bucket["doc_count"] for bucket in found["own"]["buckets"]]
            case FacetShape.STEPS:
                return {int(stars): bucket["doc_count"] for stars, bucket in found["own"]["buckets"].items()}
            case FacetShape.TREE | FacetShape.VALUES:
                return {bucket["key"]: bucket["doc_count"] for bucket in found["own"]["buckets"]}

    def _attribute_counts(self, counted: Counted) -> dict[tuple[str, str], int]:
        selected = self._filters.attributes
        counts = {
            each: count
            for each, count in _by_product(counted["attributes"]).items()
            if each[0] not in selected
        }
        for place in range(len(selected)):
            counts |= _by_product(counted[f"attribute_{place}"])
        return counts


def _by_product(counted: Counted) -> dict[tuple[str, str], int]:
    buckets = counted["variants"]["passing"]["own"]["buckets"]
    return counting.attribute_counts({each["key"]: each["products"]["doc_count"] for each in buckets})


def escaped(text: str) -> str:
    """Return a Lucene regular expression that matches `text` alone."""
    return re.sub(r"([^\w\s])", r"\\\1", text)
