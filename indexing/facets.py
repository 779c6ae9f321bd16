"""From what an engine counted to facets: the same buckets, in the same order, on both engines."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from itertools import pairwise

from indexing.document import MINOR_UNITS
from indexing.mapping import key, parts_of, token
from indexing.page import AttributeFacet, Bucket, CategoryBucket, PriceBucket, RatingBucket

MAX_BRANDS = 50
MAX_CATEGORIES = 500
"""Whole trees of small shops; a larger one shows its fullest branches."""
MAX_ATTRIBUTES = 10
MAX_VALUES = 30
MAX_ATTRIBUTE_TOKENS = MAX_ATTRIBUTES * MAX_VALUES * 2

PRICE_BOUNDS = tuple(step * 10**power for power in range(2, 9) for step in (1, 2, 5))
"""In hundredths, three a decade: the same ranges whatever is searched for, so that counts can be compared."""
RATINGS = (4, 3, 2, 1)

AttributeCounts = Mapping[tuple[str, str], int]
"""Products by attribute name and value."""


def price_ranges() -> list[tuple[int | None, int | None]]:
    """Return the price ranges that are counted, in hundredths, from below."""
    edges = (None, *PRICE_BOUNDS, None)
    return list(pairwise(edges))


def brand_buckets(counts: Mapping[str, int], *, selected: Iterable[str]) -> tuple[Bucket, ...]:
    """Return the brands of `counts` (by token), fullest first, and every selected one."""
    chosen = {key(brand): brand for brand in selected}
    buckets = [Bucket(parts_of(each)[1], count, _written(each) in chosen) for each, count in counts.items()]
    seen = {key(bucket.value) for bucket in buckets}
    buckets += [Bucket(brand, 0, selected=True) for name, brand in chosen.items() if name not in seen]
    return _fullest(buckets, MAX_BRANDS)


def _written(brand_token: str) -> str:
    return key(parts_of(brand_token)[1])


def _fullest(buckets: Iterable[Bucket], limit: int) -> tuple[Bucket, ...]:
    ranked = sorted(buckets, key=lambda bucket: (not bucket.selected, -bucket.count, bucket.value))[:limit]
    return tuple(sorted(ranked, key=lambda bucket: (-bucket.count, bucket.value)))


def category_tree(counts: Mapping[str, int], *, selected: str | None) -> tuple[CategoryBucket, ...]:
    """Return the categories of `counts` (by token) as a tree, fullest first on every level."""
    chosen = key(selected) if selected is not None else None
    below: dict[str, list[tuple[str, str, int]]] = {}
    for each, count in counts.items():
        path, slug = parts_of(each)
        parent, _, _ = path.rpartition(" > ")
        below.setdefault(parent, []).append((path, slug, count))
    return _branches("", below, chosen)


def _branches(
    parent: str, below: Mapping[str, list[tuple[str, str, int]]], chosen: str | None
) -> tuple[CategoryBucket, ...]:
    level = sorted(below.get(parent, ()), key=lambda each: (-each[2], each[0]))
    return tuple(_branch(path, slug, count, below, chosen) for path, slug, count in level)


def _branch(
    path: str, slug: str, count: int, below: Mapping[str, list[tuple[str, str, int]]], chosen: str | None
) -> CategoryBucket:
    name = path.rpartition(" > ")[2]
    selected = chosen in (key(name), key(slug), key(path))
    return CategoryBucket(slug, name, path, count, selected, _branches(path, below, chosen))


def price_buckets(counts: Iterable[int]) -> tuple[PriceBucket, ...]:
    """Return the ranges of `price_ranges` with their counts, without the empty ones at both ends."""
    buckets = [
        PriceBucket(_money(low), _money(high), count)
        for (low, high), count in zip(price_ranges(), counts, strict=True)
    ]
    filled = [place for place, bucket in enumerate(buckets) if bucket.count]
    return tuple(buckets[filled[0] : filled[-1] + 1]) if filled else ()


def _money(hundredths: int | None) -> Decimal | None:
    return None if hundredths is None else Decimal(hundredths) / MINOR_UNITS


def rating_buckets(counts: Mapping[int, int], *, selected: float | None) -> tuple[RatingBucket, ...]:
    """Return how many products are rated this well or better, by whole stars."""
    return tuple(RatingBucket(stars, counts[stars], selected == stars) for stars in RATINGS)


def attribute_facets(
    counts: AttributeCounts, *, selected: Mapping[str, tuple[str, ...]]
) -> tuple[AttributeFacet, ...]:
    """Return a facet for each attribute, those of most products first, and every selected one."""
    by_name: dict[str, dict[str, int]] = {name: dict.fromkeys(values, 0) for name, values in selected.items()}
    for (name, value), count in counts.items():
        by_name.setdefault(name, {})[value] = count
    facets = [
        AttributeFacet(
            name,
            _fullest(
                (Bucket(value, count, value in selected.get(name, ())) for value, count in values.items()),
                MAX_VALUES,
            ),
        )
        for name, values in by_name.items()
    ]
    return tuple(sorted(facets, key=lambda facet: _prominence(facet, selected))[:MAX_ATTRIBUTES])


def _prominence(facet: AttributeFacet, selected: Mapping[str, tuple[str, ...]]) -> tuple[bool, int, str]:
    return (facet.name not in selected, -sum(bucket.count for bucket in facet.buckets), facet.name)


def attribute_counts(counts: Mapping[str, int]) -> dict[tuple[str, str], int]:
    """Return `counts` (by attribute token) by name and value."""
    return {(name, value): count for each, count in counts.items() for name, value in [parts_of(each)]}


def chosen_tokens(name: str, values: Iterable[str]) -> list[str]:
    """Return the tokens of an attribute filter."""
    return [token(name, value) for value in values]
