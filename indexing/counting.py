"""Turn an engine's counts into facets, with equal buckets in equal order on both engines."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from indexing.attribute_facets import attribute_facets
from indexing.buckets import Bucket, CategoryBucket, PriceBucket, RatingBucket, largest, most_frequent
from indexing.facets import FACETS, FacetDeclaration, Facets, FacetShape, WantedFacets
from indexing.filters import Filters
from indexing.mapping import category_token, key, parts_of, token
from indexing.ranges import RangeCount

MAX_VALUES = 50
MAX_SPELLINGS = 4 * MAX_VALUES
"""Spellings of the values that are shown."""
MAX_CATEGORIES = 500
"""Enough for the whole tree of a small shop; a larger tree shows the categories with the most products."""
RATINGS = (4, 3, 2, 1)


def facets_of(counts: Mapping[str, Any], *, filters: Filters, wanted: WantedFacets) -> Facets:
    """Return the facets for these counts.

    `counts` holds by name: numbers of products by token (TREE, VALUES), by code (CODES), by range (RANGES),
    by whole rating (STEPS), by attribute (ATTRIBUTES), or one number (COUNT). A facet without
    counts is empty.
    """
    found: dict[str, Any] = {
        declared.name: _facet(declared, counts[declared.name], filters, wanted)
        for declared in FACETS
        if declared.name in counts
    }
    return Facets(**found)


def _facet(declared: FacetDeclaration, counted: Any, filters: Filters, wanted: WantedFacets) -> Any:
    if declared.shape is FacetShape.ATTRIBUTES:
        return attribute_facets(counted, filters=filters, wanted=wanted)
    return BUCKETS[declared.shape](counted, *(getattr(filters, name) for name in declared.narrowed_by))


def value_buckets(
    counts: Mapping[str, int],
    selected: Iterable[str],
    *,
    limit: int = MAX_VALUES,
    shows_selected: bool = True,
) -> tuple[Bucket, ...]:
    """Return the values of `counts` (by token) with the most products, and if wanted every selected one.

    Values that differ only by case are one, in the spelling of the most products.
    """
    by_key: dict[str, dict[str, int]] = {}
    for each, count in counts.items():
        value = parts_of(each)[1]
        by_key.setdefault(key(value), {})[value] = count
    wanted = {key(value): value for value in selected}
    buckets = [
        Bucket(most_frequent(spellings), sum(spellings.values()), found in wanted)
        for found, spellings in by_key.items()
    ]
    if shows_selected:
        missing = [value for found, value in wanted.items() if found not in by_key]
        buckets += [Bucket(value, 0, selected=True) for value in missing]
    return largest(buckets, limit)


def code_buckets(counts: Mapping[str, int], selected: str | None) -> tuple[Bucket, ...]:
    """Return all codes of `counts`, and the selected one."""
    chosen = selected.upper() if selected else None
    shown = dict(counts) if chosen is None else {chosen: 0} | dict(counts)
    return largest([Bucket(code, count, code == chosen) for code, count in shown.items()], MAX_VALUES)


def category_tree(
    counts: Mapping[str, int], selected: str | None, tokens: Collection[str] = ()
) -> tuple[CategoryBucket, ...]:
    """Return the categories of `counts` (by token) as a tree, the largest first on every level.

    `tokens` are the selected categories; if there are none, `selected` names them.
    """
    chosen = key(selected) if selected is not None else None

    def is_selected(name: str, path: str, slug: str) -> bool:
        if chosen is None:
            return False
        if tokens:
            return category_token(path=path, slug=slug) in tokens
        return chosen in (key(name), key(slug), key(path))

    below: dict[str, list[tuple[str, str, int]]] = {}
    found = {tuple(parts_of(each)): count for each, count in counts.items()}
    paths = {path for path, _ in found}
    for (path, slug), count in found.items():
        below.setdefault(_parent(path, paths), []).append((path, slug, count))
    return _branches("", below, is_selected)


def _parent(path: str, paths: Collection[str]) -> str:
    """Return the path of the nearest category above that was counted, or an empty one."""
    while path := path.rpartition(" > ")[0]:
        if path in paths:
            return path
    return ""


def _branches(
    parent: str, below: Mapping[str, list[tuple[str, str, int]]], is_selected: Callable[[str, str, str], bool]
) -> tuple[CategoryBucket, ...]:
    level = sorted(below.get(parent, ()), key=lambda each: (-each[2], each[0]))
    buckets = []
    for path, slug, count in level:
        name = path.rpartition(" > ")[2]
        children = _branches(path, below, is_selected) if path in below else ()
        buckets.append(CategoryBucket(slug, name, path, count, is_selected(name, path, slug), children))
    return tuple(buckets)


def price_buckets(
    counts: Sequence[RangeCount], low: Decimal | None, high: Decimal | None
) -> tuple[PriceBucket, ...]:
    """Return the ranges; the one between the limits of the price filter is selected."""
    asked = (low, high) if (low, high) != (None, None) else ()
    return tuple(PriceBucket(*each.limits, each.count, each.limits == asked) for each in counts)


def rating_buckets(counts: Mapping[int, int], selected: float | None) -> tuple[RatingBucket, ...]:
    """Return, for each whole rating, how many products have at least that rating."""
    return tuple(RatingBucket(stars, counts[stars], selected == stars) for stars in RATINGS)


def selected_categories(filters: Filters) -> tuple[str, ...]:
    """Return the tokens of the selected categories, as far as the caller knows them."""
    return filters.category_tokens


def value_count(value: str, count: int) -> dict[str, int]:
    """Return the count of one value by token, as VALUES facets have it."""
    return {token(key(value), value): count}


def folded_counts(counted: Iterable[tuple[int, Mapping[str, int]]]) -> dict[str, int]:
    """Return the counts by token of values of which each is counted as a whole, and by its spellings.

    If engines return only some of the spellings, the most frequent one gets the rest.
    """
    found: dict[str, int] = {}
    for count, spellings in counted:
        found |= spellings
        found[most_frequent(spellings)] += count - sum(spellings.values())
    return found


BUCKETS: Mapping[FacetShape, Callable[..., Any]] = {
    FacetShape.TREE: category_tree,
    FacetShape.VALUES: value_buckets,
    FacetShape.CODES: code_buckets,
    FacetShape.RANGES: price_buckets,
    FacetShape.STEPS: rating_buckets,
    FacetShape.COUNT: lambda count: count,
}
"""The function that makes the buckets of each shape from its counts and the filters that the facet sets."""
