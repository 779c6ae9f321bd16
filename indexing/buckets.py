"""The buckets of facets: a value or a range, and the number of products that would remain with it."""

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
    """The products of `minimum` ≤ price < `maximum`; None is an open end."""

    minimum: Decimal | None
    maximum: Decimal | None
    count: int


@dataclass(frozen=True, slots=True)
class RatingBucket:
    """The products rated `minimum` or better."""

    minimum: int
    count: int
    selected: bool = False


@dataclass(frozen=True, slots=True)
class AttributeFacet:
    """The values of one attribute."""

    name: str
    buckets: tuple[Bucket, ...]
