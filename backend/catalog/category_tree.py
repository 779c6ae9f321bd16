"""The category tree with the numbers of listed products, always read in two queries."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Count

from backend.catalog.errors import CategoryNotFound
from backend.catalog.models import Category, Product


@dataclass(slots=True, kw_only=True)
class CategoryNode:
    """A category; `product_count` counts its listed products, `total_count` also those of its subtree."""

    id: int
    name: str
    slug: str
    path: str
    depth: int
    parent: int | None
    product_count: int = 0
    total_count: int = 0
    children: list["CategoryNode"] = field(default_factory=list)


def category_tree() -> list[CategoryNode]:
    """Return the roots, in the order of their names, with the categories below them."""
    return [node for node in category_nodes() if node.parent is None]


def category_nodes() -> list[CategoryNode]:
    """Return all categories, each after its parent and with its children, siblings in the order of names."""
    rows = Category.objects.order_by("depth", "name", "pk")
    nodes = {
        pk: CategoryNode(id=pk, name=name, slug=slug, path=path, depth=depth, parent=parent)
        for pk, name, slug, path, depth, parent in rows.values_list(
            "pk", "name", "slug", "path", "depth", "parent_id"
        )
    }
    counts = Product.objects.listed().order_by().values_list("category_id").annotate(Count("pk"))
    for category_id, count in counts:
        if category_id in nodes:
            nodes[category_id].product_count = count
    for node in nodes.values():
        if node.parent is not None:
            nodes[node.parent].children.append(node)
    # Deepest first, so that a category is complete before it is added to its parent.
    for node in reversed(nodes.values()):
        node.total_count = node.product_count + sum(child.total_count for child in node.children)
    return _in_order([node for node in nodes.values() if node.parent is None])


def _in_order(nodes: Sequence[CategoryNode]) -> list[CategoryNode]:
    return [each for node in nodes for each in (node, *_in_order(node.children))]


def category_node(category_id: int) -> CategoryNode:
    """Return one category with its subcategories.

    Raises:
        CategoryNotFound: there is no such category.
    """
    for node in category_nodes():
        if node.id == category_id:
            return node
    raise CategoryNotFound(category_id=category_id)
