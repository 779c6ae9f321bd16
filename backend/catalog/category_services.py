"""Changes of the category tree; each locks the tree first (see `lock_tree`)."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from backend.api.errors import InvalidInput
from backend.audit.actors import Actor
from backend.audit.services import record
from backend.catalog.categories import (
    UNCATEGORISED,
    add_category,
    category_by_names,
    descendants_of,
    lock_tree,
    path_below,
    require_name,
    require_place,
)
from backend.catalog.errors import CategoryCycle, CategoryNotEmpty, CategoryNotFound
from backend.catalog.models import PATH_SEPARATOR, Category, Product
from backend.outbox.services import publish
from backend.outbox.topics import Topic


def create_category(*, name: str, parent_id: int | None, by: Actor) -> Category:
    """Create a category below `parent_id`, or a root.

    Raises:
        InvalidInput: there is no such parent, a sibling has the name, the name is empty or contains the path
            separator, or the path would be too long or too deep.
    """
    require_name(name)
    with transaction.atomic():
        lock_tree()
        parent = _parent(parent_id)
        _require_free(path_below(parent, name.strip()))
        return add_category(name.strip(), parent, by=by)


def update_category(category_id: int, *, changes: Mapping[str, Any], by: Actor) -> Category:
    """Rename a category or move it with its subtree, and publish the change.

    `changes` has `name`, or `parent_id` (None for a root), or both. The slug doesn't change, so that URLs
    stay valid.

    Raises:
        CategoryNotFound: there is no such category.
        CategoryCycle: the new parent is the category itself or below it.
        InvalidInput: there is no such parent, a sibling has the name, the name is empty or contains the path
            separator, or a path of the subtree would be too long or too deep.
    """
    with transaction.atomic():
        lock_tree()
        category = _category(category_id)
        name = changes.get("name", category.name).strip()
        require_name(name)
        parent = _parent(changes.get("parent_id", category.parent_id))
        if parent is not None and _is_within(parent, category):
            raise CategoryCycle(category_id=category_id, parent_id=parent.pk)
        if (name, parent and parent.pk) == (category.name, category.parent_id):
            return category
        _relocate(category, name=name, parent=parent, by=by)
        publish(Topic.CATEGORY, category.pk)
    return category


def _is_within(category: Category, ancestor: Category) -> bool:
    return (category.path + PATH_SEPARATOR).startswith(ancestor.path + PATH_SEPARATOR)


def _relocate(category: Category, *, name: str, parent: Category | None, by: Actor) -> None:
    old_path, old_depth = category.path, category.depth
    moved = parent != category.parent
    path = path_below(parent, name)
    _require_free(path)
    subtree = [category, *descendants_of(category)]
    category.name, category.parent = name, parent
    deeper = (parent.depth + 1 if parent else 0) - old_depth
    for each in subtree:
        each.path = path + each.path.removeprefix(old_path)
        each.depth += deeper
        require_place(each.path, depth=each.depth)
    Category.unpublished.bulk_update(subtree, ["name", "parent", "path", "depth"], batch_size=200)
    action = "catalog.category_moved" if moved else "catalog.category_renamed"
    record(action, by=by, subject=category, changes={"path": (old_path, path)})


def delete_category(category_id: int, *, by: Actor) -> None:
    """Delete a category without subcategories or products; deleted products' rows are moved to its parent.

    Raises:
        CategoryNotFound: there is no such category.
        CategoryNotEmpty: it has categories or products.
    """
    with transaction.atomic():
        lock_tree()
        # The full lock waits for transactions that add a product to the category, so the count includes it.
        Category.objects.select_for_update().filter(pk=category_id).first()
        category = _category(category_id)
        products = Product.objects.existing().filter(category=category).count()
        children = category.children.count()
        if products or children:
            raise CategoryNotEmpty(category_id=category_id, products=products, categories=children)
        _move_deleted_products(category, by=by)
        subject = Category._meta.label, str(category_id)
        category.delete()
        record("catalog.category_deleted", by=by, subject=subject, changes={"path": (category.path, None)})


def _move_deleted_products(category: Category, *, by: Actor) -> None:
    deleted = Product.unpublished.filter(category=category)
    if not deleted.exists():
        return
    target = category.parent or category_by_names([UNCATEGORISED], by=by)
    if target == category:
        raise CategoryNotEmpty(category_id=category.pk, products=0, categories=0)
    deleted.update(category=target)


def _category(category_id: int) -> Category:
    category = Category.objects.select_related("parent").filter(pk=category_id).first()
    if category is None:
        raise CategoryNotFound(category_id=category_id)
    return category


def _parent(parent_id: int | None) -> Category | None:
    if parent_id is None:
        return None
    parent = Category.objects.filter(pk=parent_id).first()
    if parent is None:
        raise InvalidInput(parent=[f"There is no category {parent_id}."])
    return parent


def _require_free(path: str) -> None:
    if Category.objects.filter(path=path).exists():
        raise InvalidInput(name=[f"There is a category {path!r}."])
