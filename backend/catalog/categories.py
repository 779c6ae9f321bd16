"""The category tree."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Q
from django.utils.text import slugify

from backend.api.errors import InvalidInput
from backend.audit.actors import Actor
from backend.audit.services import record
from backend.catalog.models import PATH_SEPARATOR, Category
from backend.outbox.services import publish
from backend.outbox.topics import Topic

MAX_CANDIDATES = 20


def category_by_names(names: Sequence[str], *, by: Actor) -> Category:
    """Return the category at the path `names`; create the missing categories.

    Raises:
        InvalidInput: `names` is empty, or a name is empty or contains the path separator.
    """
    _require_names(names)
    parent: Category | None = None
    with transaction.atomic():
        for depth, name in enumerate(names):
            path = PATH_SEPARATOR.join(part.strip() for part in names[: depth + 1])
            parent, created = Category.objects.get_or_create(
                path=path,
                defaults={"name": name.strip(), "slug": _slug(path), "parent": parent, "depth": depth},
            )
            if created:
                record("catalog.category_created", by=by, subject=parent, changes={"path": (None, path)})
    assert parent is not None  # noqa: S101 - names is not empty
    return parent


def _require_names(names: Sequence[str]) -> None:
    if not names or any(not name.strip() or PATH_SEPARATOR.strip() in name for name in names):
        raise InvalidInput(category=[f"Each level needs a name without {PATH_SEPARATOR.strip()!r}."])


def _slug(path: str) -> str:
    base = slugify(path.replace(PATH_SEPARATOR, "-"))[:230] or "category"
    slug, number = base, 1
    while Category.objects.filter(slug=slug).exists():
        number += 1
        slug = f"{base}-{number}"
    return slug


def rename_category(category_id: int, *, name: str, by: Actor) -> Category:
    """Rename a category, update the paths of its descendants, and publish the change.

    Raises:
        InvalidInput: the name is empty, contains the path separator, or is the name of a sibling.
    """
    _require_names([name])
    with transaction.atomic():
        category = Category.objects.select_for_update(no_key=True).get(pk=category_id)
        descendants = _descendants(category)
        old_path = category.path
        category.name = name.strip()
        category.path = PATH_SEPARATOR.join([*category.names[:-1], category.name])
        if Category.objects.filter(path=category.path).exclude(pk=category_id).exists():
            raise InvalidInput(name=[f"There is a category {category.path!r}."])
        category.save(update_fields=["name", "path"])
        for child in descendants:
            child.path = category.path + child.path.removeprefix(old_path)
        Category.objects.bulk_update(descendants, ["path"])
        record(
            "catalog.category_renamed",
            by=by,
            subject=category,
            changes={"path": (old_path, category.path)},
        )
        publish(Topic.CATEGORY, category.pk)
    return category


def _descendants(category: Category) -> list[Category]:
    prefix = category.path + PATH_SEPARATOR
    found = Category.objects.filter(path__startswith=prefix)
    # SQLite's LIKE ignores case, but categories whose names differ only in case are distinct.
    return [child for child in found if child.path.startswith(prefix)]


def matching_categories(value: str) -> list[Category]:
    """Return the categories that `value` names: by path, slug, path ignoring case, or name ignoring case.

    The first of these ways that finds a category decides, so that a path or slug is never ambiguous. Only a
    name, or paths that differ in case alone, can find several.
    """
    for condition in (Q(path=value), Q(slug=value), Q(path__iexact=value), Q(name__iexact=value)):
        if found := list(Category.objects.filter(condition)):
            return found
    return []


def category_named(value: str) -> Category:
    """Return the only category that `value` names, as `matching_categories` finds it.

    Raises:
        InvalidInput: there is none, or there are several; the message names their paths.
    """
    found = matching_categories(value)
    if not found:
        raise InvalidInput(category=[f"There is no category {value!r}."])
    if len(found) > 1:
        paths = ", ".join(repr(category.path) for category in found[:MAX_CANDIDATES])
        raise InvalidInput(category=[f"{value!r} is the name of several categories; give a path: {paths}."])
    return found[0]


def with_descendants(categories: Sequence[Category]) -> Q:
    """Return the condition for products in `categories` or their descendants."""
    condition = Q(category_id__in=[category.pk for category in categories])
    for category in categories:
        condition |= Q(category__path__startswith=category.path + PATH_SEPARATOR)
    return condition
