"""The category tree: finding categories, and creating them."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Left

from backend.api.errors import InvalidInput
from backend.audit.actors import Actor
from backend.audit.services import record
from backend.catalog.errors import CategoryNotFound
from backend.catalog.models import PATH_SEPARATOR, Category
from backend.catalog.slugs import slug_of

MAX_CANDIDATES = 20
MAX_LEVELS = 10
LONGEST_PATH = 1_000
UNCATEGORISED = "Uncategorised"


def category_by_names(names: Sequence[str], *, by: Actor) -> Category:
    """Return the category at the path `names`; create the missing categories.

    Raises:
        InvalidInput: `names` is empty, a name is empty or contains the path separator, or the path is too
            long or too deep.
    """
    for name in names or [""]:
        require_name(name)
    names = [name.strip() for name in names]
    found = Category.objects.filter(path=PATH_SEPARATOR.join(names)).first()
    if found is not None:
        return found
    parent: Category | None = None
    with transaction.atomic():
        lock_tree()
        for depth in range(len(names)):
            path = PATH_SEPARATOR.join(names[: depth + 1])
            parent = Category.objects.filter(path=path).first() or add_category(names[depth], parent, by=by)
    assert parent is not None  # noqa: S101 - names is not empty
    return parent


def lock_tree() -> None:
    """Wait until no other transaction changes the tree; roots are locked in the order of their ids.

    Every change of the tree first locks all roots, so that changes run one after another and the result of a
    check stays valid. Products can still be added. SQLite has one writer and needs no lock. Without any root
    there is nothing to lock, but the unique path prevents duplicates.
    """
    roots = Category.objects.filter(parent=None).select_for_update(no_key=True).order_by("pk")
    list(roots.values_list("pk", flat=True))


def hold_category(category: Category) -> None:
    """Prevent the deletion of a category until the caller's transaction ends.

    Raises:
        InvalidInput: it was deleted since it was read.
    """
    if not Category.objects.filter(pk=category.pk).select_for_update(no_key=True).exists():
        raise InvalidInput(category=[f"The category {category.path!r} was deleted."])


def add_category(name: str, parent: Category | None, *, by: Actor) -> Category:
    """Create a category, or return it if it exists; the caller has locked the tree.

    Raises:
        InvalidInput: the path would be too long or too deep.
    """
    path = path_below(parent, name)
    depth = parent.depth + 1 if parent else 0
    require_place(path, depth=depth)
    category, created = Category.objects.get_or_create(
        path=path, defaults={"name": name, "slug": _slug(path), "parent": parent, "depth": depth}
    )
    if created:
        record("catalog.category_created", by=by, subject=category, changes={"path": (None, path)})
    return category


def path_below(parent: Category | None, name: str) -> str:
    """Return the path of the category `name` below `parent`, or of a root."""
    return PATH_SEPARATOR.join([parent.path, name] if parent else [name])


def require_name(name: str) -> None:
    """Refuse a name that is empty or contains the path separator.

    Raises:
        InvalidInput: under the key `category`.
    """
    if not name.strip() or PATH_SEPARATOR.strip() in name:
        raise InvalidInput(category=[f"Each level needs a name without {PATH_SEPARATOR.strip()!r}."])


def require_place(path: str, *, depth: int) -> None:
    """Refuse a path that is too long to store, or too deep.

    Raises:
        InvalidInput: under the key `category`.
    """
    if len(path) > LONGEST_PATH:
        raise InvalidInput(category=[f"A path has at most {LONGEST_PATH} characters."])
    if depth >= MAX_LEVELS:
        raise InvalidInput(category=[f"The tree has at most {MAX_LEVELS} levels."])


def _slug(path: str) -> str:
    base = slug_of(path.replace(PATH_SEPARATOR, "-"), default="category", longest=230)
    slug, number = base, 1
    while Category.objects.filter(slug=slug).exists():
        number += 1
        slug = f"{base}-{number}"
    return slug


def descendants_of(category: Category) -> QuerySet[Category]:
    """Return the categories below `category`, at every level."""
    prefix = category.path + PATH_SEPARATOR
    # Not `startswith`, because SQLite's LIKE ignores case, and paths may differ only in case.
    return Category.objects.alias(head=Left("path", len(prefix))).filter(head=prefix)


def matching_categories(value: str) -> list[Category]:
    """Return the categories that match `value` by path, slug, path ignoring case, or name ignoring case.

    The first of these comparisons with a match decides, so that a path or slug is never ambiguous. Only a
    name, or paths that differ only in case, can match several categories.
    """
    named = Q(path__iexact=value) | Q(slug=value) | Q(name__iexact=value)
    candidates = list(Category.objects.filter(named))
    by_path = [category for category in candidates if category.path == value]
    by_slug = [category for category in candidates if category.slug == value]
    by_folded_path = [category for category in candidates if category.path.casefold() == value.casefold()]
    return by_path or by_slug or by_folded_path or candidates


def category_id_of_slug(slug: str) -> int:
    """Return the id of the category with this slug.

    Raises:
        CategoryNotFound: there is none.
    """
    found = Category.objects.filter(slug=slug).values_list("pk", flat=True).first()
    if found is None:
        raise CategoryNotFound(slug=slug)
    return found


def category_named(value: str) -> Category:
    """Return the only category that `matching_categories` finds for `value`.

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
        condition |= Q(category__in=descendants_of(category))
    return condition
