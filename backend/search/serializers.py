"""Serializers for hits and facets."""

from collections.abc import Callable, Mapping
from typing import Any

from drf_spectacular.helpers import lazy_serializer
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from backend.catalog.cards import Card, card
from indexing.buckets import CategoryBucket
from indexing.document import ProductDocument
from indexing.facets import FACETS, FacetDeclaration, FacetShape


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
    """The number of products with minimum ≤ price < maximum; null means no limit."""

    EXAMPLE = {"minimum": "50.00", "maximum": None, "count": 1}

    minimum = serializers.DecimalField(max_digits=12, decimal_places=2, allow_null=True)
    maximum = serializers.DecimalField(max_digits=12, decimal_places=2, allow_null=True)
    count = serializers.IntegerField()


class RatingBucketSerializer(serializers.Serializer[Any]):
    """The number of products with at least this rating."""

    EXAMPLE = {"minimum": 4, "count": 1}

    minimum = serializers.IntegerField()
    count = serializers.IntegerField()
    selected = serializers.BooleanField()


class AttributeFacetSerializer(serializers.Serializer[Any]):
    """The values of one attribute."""

    EXAMPLE = {"name": "colour"}

    name = serializers.CharField()
    buckets = ValueBucketSerializer(many=True)


def _count(declared: FacetDeclaration) -> serializers.Field[Any, Any, Any, Any]:
    return serializers.IntegerField(help_text=declared.help_text)


SHAPES: Mapping[FacetShape, Callable[[FacetDeclaration], serializers.Field[Any, Any, Any, Any]]] = {
    FacetShape.TREE: lambda declared: CategoryBucketSerializer(many=True),
    FacetShape.VALUES: lambda declared: ValueBucketSerializer(many=True),
    FacetShape.RANGES: lambda declared: PriceBucketSerializer(many=True),
    FacetShape.STEPS: lambda declared: RatingBucketSerializer(many=True),
    FacetShape.COUNT: _count,
    FacetShape.ATTRIBUTES: lambda declared: AttributeFacetSerializer(many=True),
}


class FacetsSerializer(serializers.Serializer[Any]):
    """The number of products for each value; a filter doesn't restrict the counts of its own facet."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Return a field for each declared facet."""
        return {declared.name: SHAPES[declared.shape](declared) for declared in FACETS}


class UnderstoodSerializer(serializers.Serializer[Any]):
    """How the query was interpreted."""

    EXAMPLE = {"corrected_text": "copper kettle", "matched": "all"}

    corrected_text = serializers.CharField(
        allow_null=True, help_text="The query with spelling corrections; null if nothing was corrected."
    )
    matched = serializers.ChoiceField(
        choices=["all", "most", "any"], help_text="How many words of the query each hit contains."
    )


class AppliedRuleSerializer(serializers.Serializer[Any]):
    """A rule that changed a search."""

    EXAMPLE = {"id": 1, "name": "Copper kettles first"}

    id = serializers.IntegerField(help_text="The id; null for a rule that isn't stored.", allow_null=True)
    name = serializers.CharField()


@extend_schema_field({"type": ["string", "null"], "example": "/sale/"})
class RedirectField(serializers.CharField):
    """The page that a query rule redirects to; null without one."""


def card_of(product: ProductDocument) -> Card:
    """Return the card of a hit, without a database query."""
    return card(product, variant_count=len(product.variants), in_stock=product.in_stock)
