"""Count the facets of a request in one snapshot."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from tantivy import Query

from indexing import counting, ranges
from indexing.attribute_facets import (
    MAX_ATTRIBUTE_TOKENS,
    MAX_ATTRIBUTE_VALUES,
    AttributeCounts,
    found_values,
)
from indexing.buckets import Bucket
from indexing.currencies import price_currency
from indexing.facet_search import FacetSearch
from indexing.facets import FACETS, FacetDeclaration, Facets, FacetShape
from indexing.fields import BRAND_KEY, CURRENCY
from indexing.filters import Filters, VariantFilters
from indexing.mapping import key, parts_of
from indexing.numeric import NumericAttribute, ranges_of
from indexing.ranges import RangeCount
from indexing.request import SearchRequest
from indexing.tantivy.matching import all_of
from indexing.tantivy.reader import Snapshot
from indexing.tantivy.variants import CountedValues, Mask

TERMS_SIZES = {
    FacetShape.TREE: counting.MAX_CATEGORIES,
    FacetShape.VALUES: counting.MAX_SPELLINGS,
    FacetShape.CODES: counting.MAX_VALUES,
}


class Counting:
    """Counts the products that match `base`, each facet without the filters that it sets itself."""

    def __init__(self, snapshot: Snapshot, base: Query, request: SearchRequest) -> None:
        """Count in one snapshot."""
        self._snapshot = snapshot
        self._fields = snapshot.matching.fields
        self._base = base
        self._request = request
        self._filters = request.filters
        self._declared = [
            each
            for each in FACETS
            if each.name in request.facets.names and (not each.field or self._fields.has(each.field))
        ]
        self._aggregated: list[tuple[Filters, dict[str, Any]]] = []

    def facets(self) -> Facets:
        """Return the facets that are wanted; one whose field isn't in the schema is empty."""
        counts = {declared.name: self._counts(declared) for declared in self._declared}
        return counting.facets_of(counts, filters=self._filters, wanted=self._request.facets)

    def _counts(self, declared: FacetDeclaration) -> object:
        counts: Mapping[FacetShape, Callable[[FacetDeclaration], object]] = {
            FacetShape.TREE: self._tree,
            FacetShape.VALUES: self._values,
            FacetShape.CODES: self._codes,
            FacetShape.RANGES: self._prices,
            FacetShape.STEPS: self._steps,
            FacetShape.COUNT: self._passing,
            FacetShape.ATTRIBUTES: self._attributes,
        }
        return counts[declared.shape](declared)

    def _codes(self, declared: FacetDeclaration) -> dict[str, int]:
        return self._terms(declared)

    def _passing(self, declared: FacetDeclaration) -> int:
        return self._snapshot.count(self._query(self._filters.replaced(**{declared.field: True})))

    def _query(self, filters: Filters) -> Query:
        return all_of(self._base, *self._snapshot.filters(filters))

    def _aggregate(self, declared: FacetDeclaration) -> dict[str, Any]:
        """Return the aggregations of a facet, counted with those of all facets with the same filters."""
        others = declared.others(self._filters)
        for filters, found in self._aggregated:
            if filters == others:
                return found
        together: dict[str, Any] = {}
        for each in self._declared:
            if each.others(self._filters) == others:
                together |= self._aggregations(each)
        counted: dict[str, Any] = self._snapshot.searcher.aggregate(self._query(others), together)
        self._aggregated.append((others, counted))
        return counted

    def _aggregations(self, declared: FacetDeclaration) -> dict[str, Any]:
        if declared.shape in TERMS_SIZES:
            counted = declared.folded if self._fields.has(declared.folded) else declared.field
            terms = {"field": self._fields.field(counted).name, "size": TERMS_SIZES[declared.shape]}
            return {declared.name: {"terms": terms}}
        if declared.shape is FacetShape.STEPS:
            field = self._fields.field(declared.field).name
            return {
                f"{declared.name}_{stars}": {"range": {"field": field, "ranges": [{"from": stars}]}}
                for stars in counting.RATINGS
            }
        return {}

    def _terms(self, declared: FacetDeclaration) -> dict[str, int]:
        buckets = self._aggregate(declared)[declared.name]["buckets"]
        return {bucket["key"]: bucket["doc_count"] for bucket in buckets}

    def _tree(self, declared: FacetDeclaration) -> dict[str, int]:
        field = self._fields.field(declared.field).name
        others = declared.others(self._filters)
        counts = self._terms(declared)
        query = self._query(others)
        for token in counting.selected_categories(self._filters):
            if token not in counts:
                counts[token] = self._snapshot.count(
                    all_of(query, self._snapshot.matching.exact(field, token))
                )
        return counts

    def _values(self, declared: FacetDeclaration) -> dict[str, int]:
        others = declared.others(self._filters)
        if self._fields.has(declared.folded):
            counts = self._folded_terms(declared, others)
        else:
            counts = self._terms(declared)
        shown = {key(parts_of(each)[1]) for each in counts}
        query = self._query(others)
        for brand in self._filters.given().get(declared.narrowed_by[0], ()):
            if key(brand) not in shown:
                exact = self._snapshot.matching.exact(BRAND_KEY, key(brand))
                counts |= counting.value_count(brand, self._snapshot.count(all_of(query, exact)))
        return counts

    def _folded_terms(self, declared: FacetDeclaration, others: Filters) -> dict[str, int]:
        """Count the values, then the spellings of those that are shown.

        One aggregation in the other takes tantivy a hundred times as long.
        """
        folded, field = (self._fields.field(each).name for each in (declared.folded, declared.field))
        counts = self._terms(declared)
        if not counts:
            return {}
        shown = all_of(self._query(others), self._snapshot.matching.any_of(folded, list(counts)))
        terms = {"own": {"terms": {"field": field, "size": 5 * counting.MAX_SPELLINGS}}}
        spellings: dict[str, dict[str, int]] = {each: {} for each in counts}
        for bucket in self._snapshot.searcher.aggregate(shown, terms)["own"]["buckets"]:
            value = parts_of(bucket["key"])[1]
            spellings.setdefault(key(value), {})[bucket["key"]] = bucket["doc_count"]
        return counting.folded_counts(
            (count, spellings[each] or counting.value_count(each, count)) for each, count in counts.items()
        )

    def _steps(self, declared: FacetDeclaration) -> dict[int, int]:
        found = self._aggregate(declared)
        return {
            stars: sum(
                each["doc_count"]
                for each in found[f"{declared.name}_{stars}"]["buckets"]
                if each.get("from") == stars
            )
            for stars in counting.RATINGS
        }

    @cached_property
    def _products(self) -> Mask | None:
        """The products that pass all filters except those on variants; None means all products."""
        return self._matched(self._filters.of_product())

    def _matched(self, filters: Filters) -> Mask | None:
        if filters == Filters() and self._request.is_unrestricted:
            return None
        return self._snapshot.matched(self._query(filters))

    def _prices(self, _: FacetDeclaration) -> list[RangeCount]:
        table = self._snapshot.variants
        filters = self._filters.of_product()
        currencies = self._snapshot.currencies
        if len(currencies) > 1 and not filters.currency:
            filters = filters.replaced(**{CURRENCY: price_currency(self._request, currencies)})
        products = self._products if filters == self._filters.of_product() else self._matched(filters)
        rows = table.rows(self._filters.of_variant().without_price(), products)
        counts = table.cells(rows)
        return [RangeCount(limits, table.within(rows, limits)) for limits in ranges.chosen(counts)]

    def _attributes(self, _: FacetDeclaration) -> AttributeCounts:
        """Count the attributes of the matching variants, each selected one without its own filter."""
        wanted = self._filters.of_variant()
        counted = self._counted(wanted)
        chosen = {name: self._counted(wanted.without_attribute(name)) for name in wanted.attributes}
        products: dict[str, int] = {}
        if self._request.facets.attributes:
            for name in map(key, self._request.facets.attributes):
                products |= chosen.get(name, counted).top_of(name, MAX_ATTRIBUTE_VALUES)
        else:
            top = counted.top(MAX_ATTRIBUTE_TOKENS)
            products = {each: count for each, count in top.items() if parts_of(each)[0] not in chosen}
        for name, own in chosen.items():
            products |= own.top_of(name, MAX_ATTRIBUTE_VALUES) | own.of(wanted.attributes[name])
        spellings = counted.spellings_of(products)
        for own in chosen.values():
            spellings = own.spellings_of(products) | spellings
        ranged = self._request.facets.ranged(self._filters)
        ranges = {each.name_key: self._ranges(each, wanted, counted) for each in ranged}
        return AttributeCounts(products, spellings, ranges)

    def _ranges(
        self, attribute: NumericAttribute, wanted: VariantFilters, counted: CountedValues
    ) -> list[RangeCount]:
        """Count the products in ranges of an attribute, without its own limits; `counted` is with them."""
        name, table = attribute.name_key, self._snapshot.variants
        rest = wanted.without_range(name)
        counts = (counted if rest == wanted else self._counted(rest)).all_of(name)
        decimal_comma = self._fields.analysis.language.decimal_comma
        rows = table.rows(rest, self._products)
        return [
            RangeCount(each.limits, int(table.products(rows & table.rows_with(each.keys)).sum()))
            for each in ranges_of(attribute, counts, decimal_comma=decimal_comma)
        ]

    def found(self, wanted: FacetSearch) -> tuple[Bucket, ...]:
        """Return the values of a facet that `wanted` finds."""
        if not wanted.attribute:
            return self._found_brands(wanted)
        name = key(wanted.attribute)
        counted = self._counted(self._filters.of_variant().without_attribute(name))
        products = counted.found(name, wanted)
        counts = AttributeCounts(products, counted.spellings_of(products))
        return found_values(counts, filters=self._filters, limit=wanted.limit)

    def _found_brands(self, wanted: FacetSearch) -> tuple[Bucket, ...]:
        (declared,) = (each for each in FACETS if each.shape is FacetShape.VALUES)
        field = self._fields.field(declared.field).name
        query = self._query(declared.others(self._filters))
        tokens = self._snapshot.searcher.terms_with_prefix(field, "", filter_query=query)
        counts = {each: count for each, count in tokens if wanted.finds(parts_of(each)[1])}
        selected = self._filters.given().get(declared.narrowed_by[0], ())
        return counting.value_buckets(counts, selected, limit=wanted.limit, shows_selected=False)

    def _counted(self, wanted: VariantFilters) -> CountedValues:
        table = self._snapshot.variants
        return table.counted(table.rows(wanted, self._products))
