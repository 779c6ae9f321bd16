"""The endpoints of the category tree."""

from typing import ClassVar

from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.areas import StaffArea
from backend.accounts.permissions import InArea
from backend.api.parameters import parse, parse_body
from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation
from backend.api.throttles import BrowseThrottle
from backend.audit.actors import actor_of
from backend.catalog import category_services
from backend.catalog.categories import category_id_of_slug
from backend.catalog.category_serializers import (
    CategoryChangesSerializer,
    CategoryListParameters,
    CategoryNodeSerializer,
    NewCategorySerializer,
)
from backend.catalog.category_tree import category_node, category_nodes, category_tree
from backend.catalog.errors import CategoryCycle, CategoryNotEmpty, CategoryNotFound
from backend.catalog.serializers import DeletedSerializer

SLUG = {
    "name": "slug",
    "in": "path",
    "required": True,
    "description": "The slug of a category.",
    "schema": {"type": "string", "maxLength": 250, "example": "home-kitchen"},
}


class _CategoriesView(APIView):
    """Guests can read, staff can write."""

    throttle_classes = (BrowseThrottle,)
    # The service's errors use the key `category`, as in other endpoints.
    request_names: ClassVar = {"category": "name"}

    def get_permissions(self) -> list[BasePermission]:
        """Allow guests to read, and staff to write."""
        reading = self.request.method in ("GET", "HEAD", "OPTIONS")
        return [AllowAny()] if reading else [InArea(StaffArea.CATALOGUE)()]


class CategoryListView(_CategoriesView):
    """All categories."""

    @operation(
        "categories_list",
        tag="categories",
        query=CategoryListParameters,
        response=envelope_of(CategoryNodeSerializer(many=True)),
    )
    def get(self, request: Request) -> Response:
        """List the categories, flat or as a tree.

        In the flat list, each category follows its parent and `children` is empty. In the tree, the list has
        the roots, and `children` has the subcategories of each. The counts are of listed products.
        """
        nested = parse(request, CategoryListParameters)["tree"]
        nodes = category_tree() if nested else category_nodes()
        return envelope(CategoryNodeSerializer(nodes, many=True, context={"flat": not nested}).data)

    @operation(
        "categories_create",
        tag="categories",
        request=NewCategorySerializer,
        response=envelope_of(CategoryNodeSerializer),
        status=201,
    )
    def post(self, request: Request) -> Response:
        """Create a category.

        Without a parent it is a root. Only staff may do this.
        """
        body = parse_body(request, NewCategorySerializer)
        category = category_services.create_category(
            name=body["name"], parent_id=body["parent"], by=actor_of(request)
        )
        data = CategoryNodeSerializer(category_node(category.pk)).data
        return envelope(data, message="Category created.", status=201)


class CategoryBySlugView(_CategoriesView):
    """One category by its slug."""

    @operation(
        "categories_by_slug_get",
        tag="categories",
        parameters=[SLUG],
        response=envelope_of(CategoryNodeSerializer),
        errors=[CategoryNotFound],
    )
    def get(self, request: Request, slug: str) -> Response:
        """Show the category with a slug.

        The slug of a category stays the same when the category is renamed or moved.
        """
        return envelope(CategoryNodeSerializer(category_node(category_id_of_slug(slug))).data)


class CategoryView(_CategoriesView):
    """One category."""

    @operation(
        "categories_get",
        tag="categories",
        response=envelope_of(CategoryNodeSerializer),
        errors=[CategoryNotFound],
    )
    def get(self, request: Request, category_id: int) -> Response:
        """Show a category with its subcategories."""
        return envelope(CategoryNodeSerializer(category_node(category_id)).data)

    @operation(
        "categories_update",
        tag="categories",
        request=CategoryChangesSerializer,
        response=envelope_of(CategoryNodeSerializer),
        errors=[CategoryNotFound, CategoryCycle],
    )
    def patch(self, request: Request, category_id: int) -> Response:
        """Rename a category, or move it with its subcategories.

        `parent` is the id of the new parent, or null to make it a root. The slug doesn't change. Only staff
        may do this.
        """
        changes = parse_body(request, CategoryChangesSerializer)
        if "parent" in changes:
            changes["parent_id"] = changes.pop("parent")
        category_services.update_category(category_id, changes=changes, by=actor_of(request))
        return envelope(CategoryNodeSerializer(category_node(category_id)).data, message="Category changed.")

    @operation(
        "categories_delete",
        tag="categories",
        response=envelope_of(DeletedSerializer),
        errors=[CategoryNotFound, CategoryNotEmpty],
    )
    def delete(self, request: Request, category_id: int) -> Response:
        """Delete an empty category.

        Only staff may do this.
        """
        category_services.delete_category(category_id, by=actor_of(request))
        return envelope({"id": category_id}, message="Category deleted.")
