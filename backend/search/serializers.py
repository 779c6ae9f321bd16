"""Serializers for facets and rules."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec
from django.conf import settings
from drf_spectacular.helpers import lazy_serializer
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from backend.api import money
from backend.api.renderers import written
from indexing.analysis.units import plain_number
from indexing.buckets import Bucket, CategoryBucket
from indexing.facets import FACETS, FacetDeclaration, Facets, FacetShape
from indexing.identity import ByIdentity
from indexing.page import SearchPage

NOT_COUNTED = Facets()
REMEMBERED_FACETS = 128
"""Facets of which a process remembers what is shown; an engine returns the same for equal counts."""


class ValueBucketSerializer(serializers.Serializer[Any]):
    """The number of products with a value."""

    EXAMPLE = {"value": "copper", "count": 1}

    value = serializers.CharField()
    count = serializers.IntegerField()
    selected = serializers.BooleanField()


class CategoryBucketSerializer(serializers.Serializer[Any]):
    """A category, the number of its products, and its subcategories."""

    EXAMPLE = {"slug": "home", "name": "Home", "path": "Home", "count": 1, "children": []}

    slug = serializers.CharField()
    name = serializers.CharField()
    path = serializers.CharField()
    count = serializers.IntegerField()
    selected = serializers.BooleanField()
    children = serializers.SerializerMethodField()

    @extend_schema_field(lazy_serializer("backend.search.serializers.CategoryBucketSerializer")(many=True))
    def get_children(self, bucket: CategoryBucket) -> list[dict[str, Any]]:
        """Return the subcategories, each with its own."""
        return list(CategoryBucketSerializer(bucket.children, many=True).data)


class PriceBucketSerializer(serializers.Serializer[Any]):
    """The number of products with a matching variant of minimum ≤ price < maximum; null means no limit.

    The limits are round numbers chosen from the prices, in the currency that `understood` names.
    """

    EXAMPLE = {"minimum": "50.00", "maximum": None, "count": 1}

    minimum = serializers.DecimalField(max_digits=16, decimal_places=4, allow_null=True)
    maximum = serializers.DecimalField(max_digits=16, decimal_places=4, allow_null=True)
    count = serializers.IntegerField()
    selected = serializers.BooleanField(help_text="Whether the price filter has these limits.")


class RatingBucketSerializer(serializers.Serializer[Any]):
    """The number of products with at least this rating."""

    EXAMPLE = {"minimum": 4, "count": 1}

    minimum = serializers.IntegerField()
    count = serializers.IntegerField()
    selected = serializers.BooleanField()


class NumberBucketSerializer(serializers.Serializer[Any]):
    """The number of products with a matching variant of minimum ≤ number < maximum; null means no limit."""

    EXAMPLE = {"minimum": "0.5", "maximum": "2", "count": 1, "selected": False}

    minimum = serializers.CharField(allow_null=True)
    maximum = serializers.CharField(allow_null=True)
    count = serializers.IntegerField()
    selected = serializers.BooleanField(help_text="Whether the limits of the attribute are these.")


class AttributeFacetSerializer(serializers.Serializer[Any]):
    """The values of one attribute, and ranges of those that are numbers if the shop has declared it."""

    EXAMPLE = {"name": "weight", "unit": "kg"}

    name = serializers.CharField()
    buckets = ValueBucketSerializer(many=True)
    unit = serializers.CharField(
        allow_null=True,
        allow_blank=True,
        help_text="The unit of the ranges and of `attr.NAME.min` and `attr.NAME.max`, empty for plain "
        "numbers; null if the attribute has no ranges.",
    )
    ranges = NumberBucketSerializer(many=True, help_text="Round limits that are chosen from the values.")


def _count(declared: FacetDeclaration) -> serializers.Field[Any, Any, Any, Any]:
    return serializers.IntegerField(allow_null=True, help_text=declared.help_text)


SHAPES: Mapping[FacetShape, Callable[[FacetDeclaration], serializers.Field[Any, Any, Any, Any]]] = {
    FacetShape.TREE: lambda declared: CategoryBucketSerializer(many=True),
    FacetShape.VALUES: lambda declared: ValueBucketSerializer(many=True),
    FacetShape.RANGES: lambda declared: PriceBucketSerializer(many=True),
    FacetShape.STEPS: lambda declared: RatingBucketSerializer(many=True),
    FacetShape.CODES: lambda declared: ValueBucketSerializer(many=True),
    FacetShape.COUNT: _count,
    FacetShape.ATTRIBUTES: lambda declared: AttributeFacetSerializer(many=True),
}


class FacetsSerializer(serializers.Serializer[Any]):
    """The number of products for each value; a filter doesn't restrict the counts of its own facet."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Return a field for each declared facet."""
        return {declared.name: SHAPES[declared.shape](declared) for declared in FACETS}


class AppliedRuleSerializer(serializers.Serializer[Any]):
    """A rule that changed a search."""

    EXAMPLE = {"id": 1, "name": "Copper kettles first"}

    id = serializers.IntegerField(help_text="The id; null for a rule that isn't stored.", allow_null=True)
    name = serializers.CharField()


@extend_schema_field({"type": ["string", "null"], "example": "/sale/"})
class RedirectField(serializers.CharField):
    """The page that a query rule redirects to; null without one."""


def buckets_shown(buckets: Sequence[Bucket]) -> list[dict[str, Any]]:
    """Return the representations that ValueBucketSerializer describes."""
    shown: list[dict[str, Any]] = msgspec.to_builtins(buckets)
    return shown


def facets_shown(page: SearchPage) -> Any:
    """Return the representation that FacetsSerializer describes as a part of a response.

    What wasn't counted is null or empty. Building it without the serializer takes a small fraction of the
    time.
    """
    facets = page.facets or NOT_COUNTED
    currency, found = _written_facets.get(facets) or (None, None)
    if found is None or currency != page.currency:
        found = written(_facets_shown(facets, page.currency))
        _written_facets.keep((page.currency, found), facets)
    return found


_written_facets: ByIdentity[tuple[str | None, Any]] = ByIdentity(REMEMBERED_FACETS)


def _facets_shown(facets: Facets, currency: str | None) -> dict[str, Any]:
    shown: dict[str, Any] = msgspec.to_builtins(facets, builtin_types=(Decimal,))
    for declared in FACETS:
        if declared.shape is FacetShape.ATTRIBUTES:
            for bucket in (each for facet in shown[declared.name] for each in facet["ranges"]):
                for limit in ("minimum", "maximum"):
                    bucket[limit] = None if bucket[limit] is None else plain_number(bucket[limit])
        if declared.shape is FacetShape.RANGES:
            for bucket in shown[declared.name]:
                for limit in ("minimum", "maximum"):
                    bucket[limit] = limit_shown(bucket[limit], currency)
    return shown


def limit_shown(amount: Decimal | None, currency: str | None) -> str | None:
    """Return a limit with the decimal places of its currency, or with more if it is more precise."""
    if amount is None:
        return None
    rounded = money.written(amount, currency=currency or settings.DEFAULT_CURRENCY)
    return rounded if Decimal(rounded) == amount else f"{amount:f}"
