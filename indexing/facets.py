"""The facets of a page, each declared once; both engines and the serializers read these declarations."""

from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

from indexing import fields as index
from indexing.buckets import AttributeFacet, Bucket, CategoryBucket, PriceBucket, RatingBucket
from indexing.filters import Filters
from indexing.mapping import key
from indexing.numeric import NumericAttribute


class FacetShape(StrEnum):
    """The form of a facet."""

    TREE = "tree"
    """Nested categories."""
    VALUES = "values"
    """The values with the most products."""
    RANGES = "ranges"
    """Ranges of an amount of money."""
    STEPS = "steps"
    """Whole ratings, each with the number of products with at least that rating."""
    CODES = "codes"
    """All values of a short list of codes."""
    COUNT = "count"
    """The number of products with a flag."""
    ATTRIBUTES = "attributes"
    """The values of each attribute."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FacetDeclaration:
    """What engines and the HTTP layer need to know about a facet."""

    name: str
    """The name in `Facets`."""
    shape: FacetShape
    field: str = ""
    """The property of the index that is counted."""
    folded: str = ""
    """The property that has the values of `field` without case, since schema version 3."""
    narrowed_by: tuple[str, ...] = ()
    """The filters that this facet sets, and that therefore don't narrow it."""
    help_text: str = ""

    def others(self, filters: Filters) -> Filters:
        """Return `filters` without those that this facet sets."""
        return filters.without(*self.narrowed_by)


_DECLARATION = "facet"


def _declare(shape: FacetShape, *, default: object = (), **metadata: Any) -> Any:
    return field(default=default, metadata={_DECLARATION: {"shape": shape, **metadata}})


@dataclass(frozen=True, kw_only=True, slots=True)
class Facets:
    """Numbers of products per value. A filter does not narrow the facet that sets it."""

    categories: tuple[CategoryBucket, ...] = _declare(
        FacetShape.TREE, field=index.CATEGORY_TOKEN, narrowed_by=("category", "category_tokens")
    )
    brands: tuple[Bucket, ...] = _declare(
        FacetShape.VALUES, field=index.BRAND_TOKEN, folded=index.BRAND_FOLDED, narrowed_by=("brands",)
    )
    prices: tuple[PriceBucket, ...] = _declare(
        FacetShape.RANGES, field=index.PRICE, narrowed_by=("min_price", "max_price")
    )
    ratings: tuple[RatingBucket, ...] = _declare(
        FacetShape.STEPS, field=index.RATING, narrowed_by=("min_rating",)
    )
    in_stock: int | None = _declare(
        FacetShape.COUNT,
        default=None,
        field="in_stock",
        help_text="Products that remain with in_stock=true.",
    )
    currencies: tuple[Bucket, ...] = _declare(
        FacetShape.CODES, field=index.CURRENCY, narrowed_by=("currency",)
    )
    attributes: tuple[AttributeFacet, ...] = _declare(FacetShape.ATTRIBUTES)


@dataclass(frozen=True, kw_only=True, slots=True)
class WantedFacets:
    """The facets to count."""

    names: frozenset[str]
    """Names of facets; a facet that isn't among them is empty."""
    attributes: tuple[str, ...] = ()
    """The attributes to count, in the order of the page; none means those of the most products."""
    numeric: tuple[NumericAttribute, ...] = ()
    """The attributes that are shown in ranges, if they are counted."""

    def __bool__(self) -> bool:
        """Return whether any facet is wanted."""
        return bool(self.names)

    def ranged(self, filters: Filters) -> list[NumericAttribute]:
        """Return the attributes whose ranges are counted: the wanted ones, and those with a selection."""
        if not self.numeric:
            return []
        wanted = {
            *map(key, self.attributes),
            *map(key, filters.attribute_limits),
            *map(key, filters.attributes),
        }
        return [each for each in self.numeric if not self.attributes or each.name_key in wanted]


FACETS = tuple(FacetDeclaration(name=each.name, **each.metadata[_DECLARATION]) for each in fields(Facets))

ALL_FACETS = WantedFacets(names=frozenset(declared.name for declared in FACETS))
NO_FACETS = WantedFacets(names=frozenset())
