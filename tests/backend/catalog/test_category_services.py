"""Creating, renaming, moving and deleting categories."""

from collections.abc import Callable
from functools import partial
from threading import Event
from typing import Any

import pytest
from django.db import transaction

from backend.api.errors import InvalidInput
from backend.catalog.categories import (
    MAX_LEVELS,
    category_by_names,
    category_named,
    matching_categories,
    with_descendants,
)
from backend.catalog.category_services import create_category, delete_category, update_category
from backend.catalog.category_tree import category_nodes
from backend.catalog.errors import CategoryCycle, CategoryNotEmpty, CategoryNotFound
from backend.catalog.models import Category, Product
from backend.catalog.services import delete_product, update_product
from backend.outbox.models import Message
from tests.backend.shop import NOW, SYSTEM, product
from tests.backend.together import kinds, together


def category(path: str) -> Category:
    return category_by_names(path.split(" > "), by=SYSTEM)


def paths() -> list[str]:
    return [node.path for node in category_nodes()]


def move(category: Category, parent: Category | None, **changes: Any) -> Callable[[], object]:
    parent_id = parent.pk if parent else None
    return partial(update_category, category.pk, changes={"parent_id": parent_id, **changes}, by=SYSTEM)


@pytest.mark.django_db
def test_a_subtree_is_moved_with_its_paths_and_depths() -> None:
    category("Home > Lamps > Desk > LED")
    lamps, garden = category("Home > Lamps"), category("Garden")
    slug = lamps.slug
    Message.objects.all().delete()
    move(lamps, garden)()
    assert paths() == [
        "Garden",
        "Garden > Lamps",
        "Garden > Lamps > Desk",
        "Garden > Lamps > Desk > LED",
        "Home",
    ]
    assert list(Category.objects.order_by("path").values_list("depth", flat=True)) == [0, 1, 2, 3, 0]
    assert list(Message.objects.values_list("topic", "key")) == [("category", str(lamps.pk))]
    move(lamps, None, name="Lights")()
    lamps.refresh_from_db()
    assert (lamps.path, lamps.depth, lamps.parent, lamps.slug) == ("Lights", 0, None, slug)


@pytest.mark.django_db
@pytest.mark.parametrize("target", ["Home", "Home > Lamps", "Home > Lamps > Desk"])
def test_a_subtree_cannot_be_moved_into_itself(target: str) -> None:
    home, into = category("Home"), category(target)
    category("Home > Lamps > Desk")
    with pytest.raises(CategoryCycle):
        move(home, into)()
    assert paths() == ["Home", "Home > Lamps", "Home > Lamps > Desk"][: len(paths())]
    assert category("Homeless").depth == 0
    move(home, category("Homeless"))()
    assert "Homeless > Home" in paths()


def overlapping(first: Callable[[], object], second: Callable[[], object]) -> list[object]:
    """Begin `second` while the transaction of `first` is open; return what each returned or raised."""
    executed, finished = Event(), Event()

    def hold() -> object:
        with transaction.atomic():
            outcome = first()
            executed.set()
            # The second call should wait for this transaction, so that this times out.
            finished.wait(0.3)
        return outcome

    def follow() -> object:
        assert executed.wait(10)
        try:
            return second()
        finally:
            finished.set()

    return together(hold, follow)


@pytest.mark.django_db(transaction=True)
def test_concurrent_moves_do_not_create_a_cycle() -> None:
    left, right = category("Left"), category("Right")
    category("Left > A")
    outcomes = overlapping(move(left, right), move(right, left))
    assert kinds(outcomes) == ["Category", "CategoryCycle"]
    assert Category.objects.filter(parent=None).count() == 1
    assert len(paths()) == 3


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "create",
    [
        lambda lamps: create_category(name="Desk", parent_id=lamps.pk, by=SYSTEM),
        lambda lamps: category_by_names(["Garden", "Lamps", "Desk"], by=SYSTEM),
    ],
)
def test_a_category_created_while_its_parent_is_moved_has_the_new_path(
    create: Callable[[Category], object],
) -> None:
    lamps, garden = category("Home > Lamps"), category("Garden")
    overlapping(move(lamps, garden), partial(create, lamps))
    assert paths() == ["Garden", "Garden > Lamps", "Garden > Lamps > Desk", "Home"]
    assert Category.objects.get(name="Desk").parent == lamps


@pytest.mark.django_db
def test_a_move_that_would_make_a_subtree_too_deep_is_refused() -> None:
    deep = category(" > ".join("abcdefgh"))
    tall = category("x > y > z")
    with pytest.raises(InvalidInput):
        move(category("x"), deep)()
    tall.refresh_from_db()
    assert tall.path == "x > y > z"
    with pytest.raises(InvalidInput):
        category_by_names([str(level) for level in range(MAX_LEVELS + 1)], by=SYSTEM)


@pytest.mark.django_db
def test_a_move_that_would_make_paths_too_long_is_refused() -> None:
    category_by_names(["a", *["x" * 120] * 7], by=SYSTEM)
    long = category_by_names(["y" * 120, "z" * 120], by=SYSTEM)
    with pytest.raises(InvalidInput):
        move(category("a"), long)()
    assert category("a").parent is None


@pytest.mark.django_db
def test_names_of_siblings_must_differ_and_are_case_sensitive() -> None:
    home, other = category("Home"), category("Other > Lamps")
    category("Home > Lamps")
    for refused in (
        move(other, home),
        partial(create_category, name=" Lamps ", parent_id=home.pk, by=SYSTEM),
    ):
        with pytest.raises(InvalidInput) as error:
            refused()
        assert list(error.value.details) == ["name"]
    assert create_category(name="lamps", parent_id=home.pk, by=SYSTEM).path == "Home > lamps"


@pytest.mark.django_db
def test_a_change_that_changes_nothing_publishes_nothing() -> None:
    lamps = category("Home > Lamps")
    Message.objects.all().delete()
    move(lamps, category("Home"), name="Lamps")()
    assert not Message.objects.exists()


@pytest.mark.django_db
def test_unknown_categories_are_refused() -> None:
    with pytest.raises(CategoryNotFound):
        update_category(987_654, changes={"name": "A"}, by=SYSTEM)
    with pytest.raises(CategoryNotFound):
        delete_category(987_654, by=SYSTEM)
    with pytest.raises(InvalidInput) as refused:
        create_category(name="A", parent_id=987_654, by=SYSTEM)
    assert list(refused.value.details) == ["parent"]


@pytest.mark.django_db
def test_only_an_empty_category_can_be_deleted() -> None:
    lamps = product(category=("Home", "Lamps"))
    home = category("Home")
    for full in (home, lamps.category):
        with pytest.raises(CategoryNotEmpty):
            delete_category(full.pk, by=SYSTEM)
    delete_product(lamps.pk, by=SYSTEM, now=NOW)
    delete_category(lamps.category_id, by=SYSTEM)
    lamps.refresh_from_db()
    assert lamps.category == home
    delete_category(home.pk, by=SYSTEM)
    assert paths() == ["Uncategorised"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(3))
def test_of_a_concurrent_deletion_and_a_new_product_of_a_category_only_one_succeeds(attempt: int) -> None:
    lamps = category(f"Home > Lamps {attempt}")
    other = product(category=("Garden",))
    outcomes = together(
        partial(update_product, other.pk, changes={"category": lamps}, by=SYSTEM),
        partial(delete_category, lamps.pk, by=SYSTEM),
    )
    other.refresh_from_db()
    if other.category_id == lamps.pk:
        assert kinds(outcomes) == ["CategoryNotEmpty", "Product"]
    else:
        assert kinds(outcomes) == ["InvalidInput", "NoneType"]


@pytest.fixture
def sales() -> dict[str, Category]:
    """Categories with the same names in different places or in different case."""
    return {
        path: category(path) for path in ("Sale", "Women > Sale", "Men > Sale", "home", "Home", "HOME > X")
    }


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("Sale", ["Sale"]),
        ("sale", ["Sale"]),
        ("SALE", ["Sale"]),
        ("Women > Sale", ["Women > Sale"]),
        ("women > sale", ["Women > Sale"]),
        ("women-sale", ["Women > Sale"]),
        ("Home", ["Home"]),
        ("home", ["home"]),
        ("HOME", ["HOME"]),
        ("hOmE", ["HOME", "Home", "home"]),
        ("home-2", ["Home"]),
        ("x", ["HOME > X"]),
        ("Nowhere", []),
        ("%", []),
    ],
)
def test_a_matching_path_or_slug_takes_precedence_over_a_name(
    value: str, found: list[str], sales: dict[str, Category]
) -> None:
    assert sorted(each.path for each in matching_categories(value)) == found


@pytest.mark.django_db
def test_an_ambiguous_name_matches_all_categories_in_filters_and_is_refused_in_writes() -> None:
    category("Women > Coats"), category("Men > Coats")
    assert len(matching_categories("coats")) == 2
    with pytest.raises(InvalidInput) as refused:
        category_named("coats")
    message = str(refused.value.details["category"])
    assert "'Men > Coats'" in message
    assert "'Women > Coats'" in message


@pytest.mark.django_db
def test_products_of_a_category_that_differs_in_case_are_not_found() -> None:
    lower = product("lower", category=("home", "lamps"))
    product("upper", category=("HOME", "lamps"))
    found = Product.objects.filter(with_descendants([category("home")]))
    assert list(found) == [lower]
