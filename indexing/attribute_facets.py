"""Turn an engine's counts of attribute values into facets."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from indexing.attributes import Spelling, attribute_key
from indexing.buckets import AttributeFacet, Bucket, largest, most_frequent
from indexing.filters import Filters
from indexing.mapping import key, parts_of

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


def attribute_facets(
    counts: AttributeCounts, *, filters: Filters, order: Sequence[str]
) -> tuple[AttributeFacet, ...]:
    """Return a facet for each attribute: the declared ones in their order, or the most frequent ones.

    Selected attributes are always among them, first unless `order` has them.
    """
    selected = filters.of_variant().attributes
    written = _written(filters)
    names, values = _spelt(counts.spellings)
    by_name: dict[str, list[Bucket]] = {name: [] for name in selected}
    for each, count in counts.products.items():
        name, value = parts_of(each)
        shown = values.get(each) or written.get(each) or value
        by_name.setdefault(name, []).append(Bucket(shown, count, each in selected.get(name, ())))
    places = {key(name): place for place, name in enumerate(order)}
    facets = [
        (_prominence(name, buckets, selected, places), names.get(name) or _first_name(name, filters), buckets)
        for name, buckets in by_name.items()
    ]
    facets.sort(key=lambda each: each[0])
    return tuple(
        AttributeFacet(name, largest(buckets, MAX_ATTRIBUTE_VALUES))
        for _, name, buckets in facets[: max(MAX_ATTRIBUTES, len(order))]
    )


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
    return next((name for name in filters.attributes if key(name) == name_key), name_key)


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
