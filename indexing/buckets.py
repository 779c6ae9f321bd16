"""The buckets of facets: a value or a range, and the number of products that would remain with it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Bucket:
    """The products with one value."""

    value: str
    count: int
    selected: bool = False


@dataclass(frozen=True, slots=True)
class CategoryBucket:
    """The products of a category and of its descendants, with the categories below it."""

    slug: str
    name: str
    path: str
    count: int
    selected: bool = False
    children: tuple["CategoryBucket", ...] = ()


@dataclass(frozen=True, slots=True)
class PriceBucket:
    """The products with a variant of `minimum` ≤ price < `maximum`; None is an open end."""

    minimum: Decimal | None
    maximum: Decimal | None
    count: int
    selected: bool = False


@dataclass(frozen=True, slots=True)
class RatingBucket:
    """The products rated `minimum` or better."""

    minimum: int
    count: int
    selected: bool = False


@dataclass(frozen=True, slots=True)
class NumberBucket:
    """The products with a number of `minimum` ≤ number < `maximum`; None is an open end."""

    minimum: Decimal | None
    maximum: Decimal | None
    count: int
    selected: bool = False


@dataclass(frozen=True, slots=True)
class AttributeFacet:
    """The values of one attribute."""

    name: str
    buckets: tuple[Bucket, ...]
    unit: str | None = None
    """That of the ranges, empty for plain numbers; None if the attribute isn't shown in ranges."""
    ranges: tuple[NumberBucket, ...] = ()


def largest(buckets: Iterable[Bucket], limit: int) -> tuple[Bucket, ...]:
    """Return the `limit` buckets of the most products, and the selected ones before all others."""
    ranked = sorted(buckets, key=lambda bucket: (not bucket.selected, -bucket.count, bucket.value))[:limit]
    return tuple(sorted(ranked, key=lambda bucket: (-bucket.count, bucket.value)))


def most_frequent(spellings: Mapping[str, int]) -> str:
    """Return the spelling with the highest count."""
    if len(spellings) == 1:
        return next(iter(spellings))
    return min(spellings, key=lambda value: (-spellings[value], value))
