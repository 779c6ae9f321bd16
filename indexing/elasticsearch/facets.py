"""The aggregations that count all facets in the search request itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from indexing import counting, ranges
from indexing.currencies import price_currency
from indexing.elasticsearch import attribute_facets, number_facets
from indexing.elasticsearch.attribute_facets import products_of
from indexing.elasticsearch.matching import Matching
from indexing.elasticsearch.queries import PRODUCTS, Aggregation, Query, nested_passing, passing, term, values
from indexing.elasticsearch.replies import Aggregations
from indexing.facets import FACETS, FacetDeclaration, Facets, FacetShape
from indexing.fields import BRAND_KEY, CURRENCY, SELECTIONS, scaled_price
from indexing.filters import Filters
from indexing.mapping import key, parts_of
from indexing.ranges import Limits, RangeCount
from indexing.request import SearchRequest

Counted = Mapping[str, Any]
"""The aggregations of a response."""

READ_FACETS = 128
"""Facets that a process remembers, by what was counted: about 125 kB each."""
SPELLINGS = 10
"""The most frequent spellings of one value."""


@dataclass(frozen=True, slots=True)
class _Described:
    """Facets to describe; those with equal keys are described alike."""

    key: str
    counting: "Counting" = field(compare=False)


def described(counting: "Counting") -> dict[str, Any]:
    """Return the aggregations of a request as in its body; they must not be changed.

    Most searches have no filters, and those of later pages have the same as the first.
    """
    return _aggregations(_Described(counting.key, counting))


@lru_cache(maxsize=512)
def _aggregations(facets: _Described) -> dict[str, Any]:
    return facets.counting.aggregations()


@dataclass(frozen=True, slots=True)
class _Found:
    """What was counted for facets; equal counts have equal facets."""

    key: str
    content: tuple[tuple[str, bytes], ...]
    counting: "Counting" = field(compare=False)
    counted: Aggregations = field(compare=False)


def read(
    counting: "Counting", counted: Aggregations
) -> tuple[Facets | None, list[Limits], dict[str, Aggregation]]:
    """Return the facets, or the ranges of prices, and the aggregations of others, that must be requested.

    The counts of a common search are the same until one of its products changes.
    """
    return _read(_Found(counting.key, counted.content, counting, counted))


@lru_cache(maxsize=READ_FACETS)
def _read(found: _Found) -> tuple[Facets | None, list[Limits], dict[str, Aggregation]]:
    limits = found.counting.uncertain_ranges(found.counted)
    numbers = found.counting.number_aggregations(found.counted)
    facets = None if limits or numbers else found.counting.facets(found.counted)
    return facets, limits, numbers


class Counting:
    """Counts the facets of one request; a facet whose field isn't in the schema is left out."""

    def __init__(self, matching: Matching, request: SearchRequest, currencies: Mapping[str, int]) -> None:
        """Count each facet under the request's filters, without those that the facet itself sets."""
        self._matching = matching
        self._schema = matching.schema
        self._request = request
        self._filters = request.filters
        self._currencies = currencies
        self.key = self._key()
        """A text that differs if the aggregations do."""
        self._declared = [
            each
            for each in FACETS
            if each.name in request.facets.names and (not each.field or self._schema.has(each.field))
        ]

    def _key(self) -> str:
        currency = price_currency(self._request, self._currencies)
        own = (
            self._schema.version,
            self._schema.language,
            self._request.facets,
            currency,
            len(self._currencies) > 1,
        )
        return repr((own, sorted(self._filters.given().items())))

    def aggregations(self) -> dict[str, Aggregation]:
        """Return the aggregations by name."""
        counted: dict[str, Aggregation] = {}
        for declared in self._declared:
            if declared.shape is FacetShape.ATTRIBUTES:
                counted |= attribute_facets.aggregations(self._matching, self._request)
            else:
                counted[declared.name] = self._aggregation(declared)
        return counted

    def facets(
        self, counted: Counted, prices: list[RangeCount] | None = None, numbers: Counted | None = None
    ) -> Facets:
        """Return the facets from the counts of Elasticsearch, and of ranges that were counted afterwards."""
        counts = {declared.name: self._counts(declared, counted, numbers) for declared in self._declared}
        for declared in self._declared:
            if declared.shape is FacetShape.RANGES and prices is not None:
                counts[declared.name] = prices
        return counting.facets_of(counts, filters=self._filters, wanted=self._request.facets)

    def uncertain_ranges(self, counted: Counted) -> list[Limits]:
        """Return the ranges of prices whose counts aren't the sums of their cells' counts.

        A product with variants in several cells counts once in a range. Such products are rare; if there are
        none, no further request is needed.
        """
        for declared in self._declared:
            if declared.shape is FacetShape.RANGES and self._schema.has(SELECTIONS):
                found = counted[declared.name]["variants"]["passing"]
                cells = self._cells(counted[declared.name])
                if sum(cells) != found["products"]["doc_count"]:
                    return ranges.chosen(cells)
        return []

    def number_aggregations(self, counted: Counted) -> dict[str, Aggregation]:
        """Return the aggregations of ranges of attributes that `aggregations` doesn't determine."""
        if not any(declared.shape is FacetShape.ATTRIBUTES for declared in self._declared):
            return {}
        return number_facets.ranges(self._matching, self._request, counted)

    def price_aggregation(self, limits: list[Limits]) -> Aggregation:
        """Return the aggregation that counts the products in each range of prices."""
        (declared,) = (each for each in FACETS if each.shape is FacetShape.RANGES)
        return self._prices(declared, limits)

    def price_counts(self, counted: Counted, limits: list[Limits]) -> list[RangeCount]:
        """Return the counts of `price_aggregation`."""
        buckets = counted["variants"]["passing"]["own"]["buckets"]
        return [RangeCount(each, products_of(bucket)) for each, bucket in zip(limits, buckets, strict=True)]

    def _aggregation(self, declared: FacetDeclaration) -> Aggregation:
        if declared.shape is FacetShape.COUNT:
            return self._passing(self._filters.replaced(**{declared.field: True}), {})
        if declared.shape is FacetShape.RANGES:
            return self._prices(declared, ranges.cells())
        counted = {"own": self._own(declared)}
        if selected := self._selected(declared):
            counted["selected"] = {"filters": {"filters": selected}}
        return self._passing(declared.others(self._filters), counted)

    def _own(self, declared: FacetDeclaration) -> Aggregation:
        field = self._schema.field(declared.field).name
        if declared.shape is FacetShape.STEPS:
            steps = {str(stars): {"range": {field: {"gte": stars}}} for stars in counting.RATINGS}
            return {"filters": {"filters": steps}}
        if declared.folded and self._schema.has(declared.folded):
            folded, spelt = self._schema.field(declared.folded).name, values(field, size=SPELLINGS)
            return values(folded, size=counting.MAX_VALUES, spelt=spelt)
        return values(field, size=TERMS_SIZES[declared.shape])

    def _selected(self, declared: FacetDeclaration) -> dict[str, Query]:
        """Return a query for each selected value, because it may not be among those that are listed."""
        if declared.shape is FacetShape.TREE:
            field = self._schema.field(declared.field).name
            return {each: term(field, each) for each in counting.selected_categories(self._filters)}
        if declared.shape is FacetShape.VALUES:
            brands = self._filters.given().get(declared.narrowed_by[0], ())
            return {each: term(BRAND_KEY, key(each)) for each in brands}
        return {}

    def _prices(self, declared: FacetDeclaration, limits: list[Limits]) -> Aggregation:
        """Count the products in ranges of prices of one currency, by the matching variants."""
        others = declared.others(self._filters)
        if len(self._currencies) > 1 and not others.currency:
            others = others.replaced(**{CURRENCY: price_currency(self._request, self._currencies)})
        scaled = scaled_price if self._schema.has(SELECTIONS) else self._schema.field(declared.field).scaled
        edges = [
            {name: scaled(edge) for name, edge in (("from", low), ("to", high)) if edge is not None}
            for low, high in limits
        ]
        if not self._schema.has(SELECTIONS):
            cells = {"field": self._schema.field(declared.field).name, "ranges": edges}
            return self._passing(others, {"own": {"range": cells}})
        cells = {"field": f"{SELECTIONS}.price", "ranges": edges}
        counted = {"products": PRODUCTS, "own": {"range": cells, "aggs": {"products": PRODUCTS}}}
        wanted = self._matching.variant_filters(others.of_variant())
        return self._passing(others, nested_passing(SELECTIONS, wanted, counted))

    def _passing(self, filters: Filters, aggregations: Mapping[str, Aggregation]) -> Aggregation:
        return passing(self._matching.filters(filters), aggregations)

    def _counts(self, declared: FacetDeclaration, counted: Counted, numbers: Counted | None) -> object:
        if declared.shape is FacetShape.ATTRIBUTES:
            return attribute_facets.counts(self._matching, self._request, counted, numbers)
        return COUNTS[declared.shape](self, declared, counted[declared.name])

    def _cells(self, found: Counted) -> list[int]:
        if not self._schema.has(SELECTIONS):
            return [bucket["doc_count"] for bucket in found["own"]["buckets"]]
        return [products_of(bucket) for bucket in found["variants"]["passing"]["own"]["buckets"]]

    def _range_counts(self, _: FacetDeclaration, found: Counted) -> list[RangeCount]:
        cells = self._cells(found)
        return ranges.merged(cells, ranges.chosen(cells))

    def _term_counts(self, _: FacetDeclaration, found: Counted) -> dict[str, int]:
        counts = {bucket["key"]: bucket["doc_count"] for bucket in found["own"]["buckets"]}
        selected = found.get("selected", {"buckets": {}})["buckets"]
        return counts | {token: each["doc_count"] for token, each in selected.items() if each["doc_count"]}

    def _value_counts(self, declared: FacetDeclaration, found: Counted) -> dict[str, int]:
        buckets = found["own"]["buckets"]
        if self._schema.has(declared.folded):
            counts = counting.folded_counts(
                (each["doc_count"], {one["key"]: one["doc_count"] for one in each["spelt"]["buckets"]})
                for each in buckets
            )
        else:
            counts = {bucket["key"]: bucket["doc_count"] for bucket in buckets}
        selected = found.get("selected", {"buckets": {}})["buckets"]
        shown = {key(parts_of(each)[1]) for each in counts} if selected else ()
        for value, each in selected.items():
            if key(value) not in shown:
                counts |= counting.value_count(value, each["doc_count"])
        return counts


TERMS_SIZES = {
    FacetShape.TREE: counting.MAX_CATEGORIES,
    FacetShape.VALUES: counting.MAX_SPELLINGS,
    FacetShape.CODES: counting.MAX_VALUES,
}
COUNTS: Mapping[FacetShape, Callable[[Counting, FacetDeclaration, Counted], object]] = {
    FacetShape.TREE: Counting._term_counts,
    FacetShape.VALUES: Counting._value_counts,
    FacetShape.CODES: Counting._term_counts,
    FacetShape.RANGES: Counting._range_counts,
    FacetShape.STEPS: lambda _, __, found: {
        int(stars): bucket["doc_count"] for stars, bucket in found["own"]["buckets"].items()
    },
    FacetShape.COUNT: lambda _, __, found: found["doc_count"],
}
