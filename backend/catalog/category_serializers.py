"""Serializers for the category tree."""

from typing import Any, ClassVar

from drf_spectacular.helpers import lazy_serializer
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from backend.api.fields import Identifier
from backend.api.parameters import Body
from backend.api.text import Text
from backend.catalog.category_tree import CategoryNode


class CategoryListParameters(serializers.Serializer[Any]):
    """The parameters of the list of categories."""

    tree = serializers.BooleanField(default=False, help_text="Whether to nest categories in their parents.")


class CategoryNodeSerializer(serializers.Serializer[Any]):
    """A category with its place in the tree."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": 2,
        "name": "Kitchen",
        "slug": "home-kitchen",
        "path": "Home > Kitchen",
        "depth": 1,
        "parent": 1,
        "children": [],
    }

    id = serializers.IntegerField()
    name = serializers.CharField()
    slug = serializers.CharField(help_text="It doesn't change when the category is renamed or moved.")
    path = serializers.CharField(help_text="The names from the root.")
    depth = serializers.IntegerField(help_text="0 for a root.")
    # In the type stubs, `parent` is the serializer that contains a field.
    parent = serializers.IntegerField(  # type: ignore[assignment]
        allow_null=True, help_text="The id of the parent; null for a root."
    )
    product_count = serializers.IntegerField(help_text="Listed products in this category itself.")
    total_count = serializers.IntegerField(
        help_text="Listed products in this category and its subcategories."
    )
    children = serializers.SerializerMethodField()

    @extend_schema_field(
        lazy_serializer("backend.catalog.category_serializers.CategoryNodeSerializer")(many=True)
    )
    def get_children(self, node: CategoryNode) -> list[dict[str, Any]]:
        """Return the subcategories, each with its own; none in a flat list."""
        if self.context.get("flat"):
            return []
        return list(CategoryNodeSerializer(node.children, many=True).data)


class CategoryChangesSerializer(Body):
    """Changes to a category."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"name": "Kitchenware", "parent": 1}

    name = Text(required=False, max_length=120)
    parent = Identifier(  # type: ignore[assignment]
        required=False, allow_null=True, help_text="The id of the parent; null for a root."
    )


class NewCategorySerializer(CategoryChangesSerializer):
    """A category to create."""

    name = Text(max_length=120)
    parent = Identifier(
        required=False, allow_null=True, default=None, help_text="The id of the parent; null for a root."
    )
