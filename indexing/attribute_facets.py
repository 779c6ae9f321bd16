"""Turn an engine's counts of attribute values into facets."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from indexing.attributes import Spelling, attribute_key
from indexing.buckets import AttributeFacet, Bucket, NumberBucket, largest, most_frequent
from indexing.facets import WantedFacets
from indexing.filters import Filters
from indexing.mapping import key, parts_of
from indexing.numeric import NumberLimits
from indexing.ranges import RangeCount

MAX_ATTRIBUTES = 10
MAX_ATTRIBUTE_VALUES = 30
MAX_ATTRIBUTE_TOKENS = MAX_ATTRIBUTES * MAX_ATTRIBUTE_VALUES * 2
"""Values that are counted, those of the most products, if no attributes are declared."""


@dataclass(frozen=True, slots=True)
class AttributeCounts:
    """The values of attributes that engines have counted."""

    products: Mapping[str, int]
    """Numbers of products by `attributes.attribute_key`; every selected value is among them."""
    spellings: Mapping[Spelling, int]
    """Numbers of matching variants by the name and the value as written."""
    ranges: Mapping[str, Sequence[RangeCount]] = field(default_factory=dict)
    """Numbers of products by the key of an attribute's name."""


def attribute_facets(
    counts: AttributeCounts, *, filters: Filters, wanted: WantedFacets
) -> tuple[AttributeFacet, ...]:
    """Return a facet for each attribute: the declared ones in their order, or the most frequent ones.

    Selected attributes are always among them, first unless the order has them.
    """
    order = wanted.attributes
    limits = {key(name): each for name, each in filters.attribute_limits.items()}
    selected = dict.fromkeys(limits, ()) | dict(filters.of_variant().attributes)
    units = {each.name_key: each.unit for each in wanted.numeric}
    written = _written(filters)
    names, values = _spelt(counts.spellings)
    by_name: dict[str, list[Bucket]] = {name: [] for name in selected}
    for each, count in counts.products.items():
        name, value = parts_of(each)
        shown = values.get(each) or written.get(each) or value
        by_name.setdefault(name, []).append(Bucket(shown, count, each in selected.get(name, ())))
    places = {key(name): place for place, name in enumerate(order)}
    facets = [
        (
            _prominence(name, buckets, selected, places),
            AttributeFacet(
                names.get(name) or _first_name(name, filters),
                largest(buckets, MAX_ATTRIBUTE_VALUES),
                units[name] if name in counts.ranges else None,
                _number_buckets(counts.ranges.get(name, ()), limits.get(name)),
            ),
        )
        for name, buckets in by_name.items()
    ]
    facets.sort(key=lambda each: each[0])
    return tuple(facet for _, facet in facets[: max(MAX_ATTRIBUTES, len(order))])


def _number_buckets(counts: Sequence[RangeCount], limits: NumberLimits | None) -> tuple[NumberBucket, ...]:
    """Return the ranges; the one between the limits of the filter is selected."""
    asked = None if limits is None else (limits.lowest, limits.highest)
    return tuple(NumberBucket(*each.limits, each.count, each.limits == asked) for each in counts)


def found_values(counts: AttributeCounts, *, filters: Filters, limit: int) -> tuple[Bucket, ...]:
    """Return the values of one attribute, those with the most products first."""
    _, values = _spelt(counts.spellings)
    selected = {each for keys in filters.of_variant().attributes.values() for each in keys}
    buckets = [
        Bucket(values.get(each) or parts_of(each)[1], count, each in selected)
        for each, count in counts.products.items()
    ]
    return largest(buckets, limit)


def _prominence(
    name: str, buckets: Sequence[Bucket], selected: Collection[str], places: Mapping[str, int]
) -> tuple[int, bool, int, str]:
    place = places.get(name, len(places))
    return (place, name not in selected, -sum(bucket.count for bucket in buckets), name)


def _written(filters: Filters) -> dict[str, str]:
    """Return the values of the attribute filters as the request has them, by key."""
    return {
        attribute_key(name, value): value for name, values in filters.attributes.items() for value in values
    }


def _first_name(name_key: str, filters: Filters) -> str:
    given = (*filters.attributes, *filters.attribute_limits)
    return next((name for name in given if key(name) == name_key), name_key)


def _spelt(spellings: Mapping[Spelling, int]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the most frequent spelling of each name, by its key, and of each value, by its key."""
    names: dict[str, Counter[str]] = {}
    values: dict[str, Counter[str]] = {}
    for (name, value), count in spellings.items():
        names.setdefault(key(name), Counter())[name] += count
        values.setdefault(attribute_key(name, value), Counter())[value] += count
    return (
        {each: most_frequent(found) for each, found in names.items()},
        {each: most_frequent(found) for each, found in values.items()},
    )
