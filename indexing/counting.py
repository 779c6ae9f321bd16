"""Turn an engine's counts into facets, with equal buckets in equal order on both engines."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

from indexing.buckets import AttributeFacet, Bucket, CategoryBucket, PriceBucket, RatingBucket
from indexing.facets import FACETS, FacetDeclaration, Facets, FacetShape
from indexing.filters import Filters
from indexing.mapping import category_token, key, parts_of, token

MAX_VALUES = 50
MAX_CATEGORIES = 500
"""Enough for the whole tree of a small shop; a larger tree shows the categories with the most products."""
MAX_ATTRIBUTES = 10
MAX_ATTRIBUTE_VALUES = 30
MAX_ATTRIBUTE_TOKENS = MAX_ATTRIBUTES * MAX_ATTRIBUTE_VALUES * 2

PRICE_BOUNDS = tuple(Decimal(step) * 10**power for power in range(7) for step in (1, 2, 5))
"""Three bounds per power of ten, the same for every search, so that counts can be compared."""
RATINGS = (4, 3, 2, 1)

AttributeCounts = Mapping[tuple[str, str], int]
"""Numbers of products by attribute name and value."""


def price_ranges() -> list[tuple[Decimal | None, Decimal | None]]:
    """Return the price ranges that are counted, in ascending order."""
    return list(pairwise((None, *PRICE_BOUNDS, None)))


def facets_of(counts: Mapping[str, Any], *, filters: Filters) -> Facets:
    """Return the facets for these counts.

    `counts` holds by name: numbers of products by token (TREE, VALUES), by index in `price_ranges`
    (RANGES), by whole rating (STEPS), by attribute and value (ATTRIBUTES), or one number (COUNT). A facet
    without counts is empty.
    """
    found: dict[str, Any] = {
        declared.name: _facet(declared, counts[declared.name], filters)
        for declared in FACETS
        if declared.name in counts
    }
    return Facets(**found)


def _facet(declared: FacetDeclaration, counted: Any, filters: Filters) -> Any:
    selected = [getattr(filters, name) for name in declared.narrowed_by]
    match declared.shape:
        case FacetShape.TREE:
            return category_tree(counted, selected=selected[0], tokens=selected[1])
        case FacetShape.VALUES:
            return value_buckets(counted, selected=selected[0])
        case FacetShape.RANGES:
            return price_buckets(counted)
        case FacetShape.STEPS:
            return rating_buckets(counted, selected=selected[0])
        case FacetShape.COUNT:
            return counted
        case FacetShape.ATTRIBUTES:
            return attribute_facets(counted, selected=filters.attributes)


def value_buckets(counts: Mapping[str, int], *, selected: Iterable[str]) -> tuple[Bucket, ...]:
    """Return the values of `counts` (by token) with the most products, and every selected one."""
    wanted = {key(value): value for value in selected}
    shown = [(parts_of(each)[1], count) for each, count in counts.items()]
    buckets = [Bucket(value, count, key(value) in wanted) for value, count in shown]
    seen = {key(bucket.value) for bucket in buckets}
    buckets += [Bucket(value, 0, selected=True) for name, value in wanted.items() if name not in seen]
    return _largest(buckets, MAX_VALUES)


def _largest(buckets: Iterable[Bucket], limit: int) -> tuple[Bucket, ...]:
    ranked = sorted(buckets, key=lambda bucket: (not bucket.selected, -bucket.count, bucket.value))[:limit]
    return tuple(sorted(ranked, key=lambda bucket: (-bucket.count, bucket.value)))


def category_tree(
    counts: Mapping[str, int], *, selected: str | None, tokens: Collection[str] = ()
) -> tuple[CategoryBucket, ...]:
    """Return the categories of `counts` (by token) as a tree, the largest first on every level.

    `tokens` are the selected categories; if there are none, `selected` names them.
    """
    chosen = key(selected) if selected is not None else None

    def is_selected(name: str, path: str, slug: str) -> bool:
        if tokens:
            return category_token(path=path, slug=slug) in tokens
        return chosen in (key(name), key(slug), key(path))

    below: dict[str, list[tuple[str, str, int]]] = {}
    for each, count in counts.items():
        path, slug = parts_of(each)
        parent, _, _ = path.rpartition(" > ")
        below.setdefault(parent, []).append((path, slug, count))
    return _branches("", below, is_selected)


def _branches(
    parent: str, below: Mapping[str, list[tuple[str, str, int]]], is_selected: Callable[[str, str, str], bool]
) -> tuple[CategoryBucket, ...]:
    level = sorted(below.get(parent, ()), key=lambda each: (-each[2], each[0]))
    buckets = []
    for path, slug, count in level:
        name = path.rpartition(" > ")[2]
        children = _branches(path, below, is_selected)
        buckets.append(CategoryBucket(slug, name, path, count, is_selected(name, path, slug), children))
    return tuple(buckets)


def price_buckets(counts: Sequence[int]) -> tuple[PriceBucket, ...]:
    """Return the ranges of `price_ranges` with their counts, without the empty ones at both ends."""
    buckets = [
        PriceBucket(low, high, count) for (low, high), count in zip(price_ranges(), counts, strict=True)
    ]
    filled = [place for place, bucket in enumerate(buckets) if bucket.count]
    return tuple(buckets[filled[0] : filled[-1] + 1]) if filled else ()


def rating_buckets(counts: Mapping[int, int], *, selected: float | None) -> tuple[RatingBucket, ...]:
    """Return, for each whole rating, how many products have at least that rating."""
    return tuple(RatingBucket(stars, counts[stars], selected == stars) for stars in RATINGS)


def attribute_facets(
    counts: AttributeCounts, *, selected: Mapping[str, tuple[str, ...]]
) -> tuple[AttributeFacet, ...]:
    """Return a facet for each attribute: the selected ones, then those with the most products."""
    by_name: dict[str, dict[str, int]] = {name: dict.fromkeys(values, 0) for name, values in selected.items()}
    for (name, value), count in counts.items():
        by_name.setdefault(name, {})[value] = count
    facets = [
        AttributeFacet(
            name,
            _largest(
                (Bucket(value, count, value in selected.get(name, ())) for value, count in values.items()),
                MAX_ATTRIBUTE_VALUES,
            ),
        )
        for name, values in by_name.items()
    ]
    return tuple(sorted(facets, key=lambda facet: _prominence(facet, selected))[:MAX_ATTRIBUTES])


def _prominence(facet: AttributeFacet, selected: Mapping[str, tuple[str, ...]]) -> tuple[bool, int, str]:
    return (facet.name not in selected, -sum(bucket.count for bucket in facet.buckets), facet.name)


def attribute_counts(counts: Mapping[str, int]) -> dict[tuple[str, str], int]:
    """Return counts by attribute token as counts by name and value."""
    return {(name, value): count for each, count in counts.items() for name, value in [parts_of(each)]}


def attribute_filter_tokens(name: str, values: Iterable[str]) -> list[str]:
    """Return the tokens of a filter on one attribute."""
    return [token(name, value) for value in values]
