"""The category tree over HTTP."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.catalog.categories import category_by_names
from backend.catalog.models import Category
from tests.backend.shop import SYSTEM, client_of, customer, product, seller, staff

pytestmark = pytest.mark.django_db

CATEGORIES = "/api/categories/"


def listed(query: str = "") -> Any:
    response = client_of().get(f"{CATEGORIES}{query}")
    assert response.status_code == 200
    return response.json()["data"]


def test_the_list_has_each_category_after_its_parent_with_its_product_counts() -> None:
    product(category=("Home", "Lamps", "Desk"))
    product(category=("Home", "Lamps"))
    product(category=("Home", "Chairs"), is_active=False)
    assert [
        (each["path"], each["depth"], each["product_count"], each["total_count"]) for each in listed()
    ] == [
        ("Home", 0, 0, 2),
        ("Home > Chairs", 1, 0, 0),
        ("Home > Lamps", 1, 1, 2),
        ("Home > Lamps > Desk", 2, 1, 1),
    ]
    assert {len(each["children"]) for each in listed()} == {0}


def test_the_tree_nests_categories_in_their_parents() -> None:
    product(category=("Home", "Lamps", "Desk"))
    (home,) = listed("?tree=true")
    (lamps,) = home["children"]
    assert (lamps["path"], lamps["parent"], lamps["children"][0]["path"]) == (
        "Home > Lamps",
        home["id"],
        "Home > Lamps > Desk",
    )
    assert client_of().get(f"{CATEGORIES}{lamps['id']}/").json()["data"] == lamps


def test_the_list_takes_two_queries_regardless_of_the_size_of_the_tree() -> None:
    for number in range(30):
        category_by_names(["Home", f"Shelf {number}", "Left"], by=SYSTEM)
    for query in ("", "?tree=true"):
        with CaptureQueriesContext(connection) as queries:
            listed(query)
        assert len(queries) == 2


def test_staff_create_rename_move_and_delete_categories() -> None:
    client = client_of(staff())
    home = client.post(CATEGORIES, {"name": "Home"})
    assert (home.status_code, home.json()["data"]["path"]) == (201, "Home")
    parent = home.json()["data"]["id"]
    lamps = client.post(CATEGORIES, {"name": "Lamps", "parent": parent}).json()["data"]
    assert lamps["path"] == "Home > Lamps"
    own = f"{CATEGORIES}{lamps['id']}/"
    assert client.patch(own, {"name": "Lights"}).json()["data"]["path"] == "Home > Lights"
    assert client.patch(own, {"parent": None}).json()["data"]["path"] == "Lights"
    assert client.patch(f"{CATEGORIES}{parent}/", {"parent": lamps["id"]}).json()["data"]["depth"] == 1
    cycle = client.patch(own, {"parent": parent}).json()
    assert (cycle["status"], cycle["code"]) == (409, "category_cycle")
    full = client.delete(own).json()
    assert (full["code"], full["details"]["categories"]) == ("category_not_empty", 1)
    assert client.delete(f"{CATEGORIES}{parent}/").json()["data"] == {"id": parent}
    assert client.delete(own).status_code == 200
    assert client.get(own).json()["code"] == "category_not_found"


def test_others_can_only_read_categories() -> None:
    home = category_by_names(["Home"], by=SYSTEM)
    own = f"{CATEGORIES}{home.pk}/"
    for user, status in ((None, 401), (customer(), 403), (seller(), 403)):
        client = client_of(user)
        codes = {
            client.post(CATEGORIES, {"name": "X"}).status_code,
            client.patch(own, {"name": "X"}).status_code,
            client.delete(own).status_code,
        }
        assert codes == {status}
        assert client.get(own).status_code == 200
    assert list(Category.objects.values_list("path", flat=True)) == ["Home"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": " "}, "name"),
        ({"name": "A > B"}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"name": "a\u202eb"}, "name"),
        ({"name": "Home"}, "name"),
        ({"name": "A", "parent": 0}, "parent"),
        ({"name": "A", "parent": 987_654}, "parent"),
        ({"name": "A", "parent": "Home"}, "parent"),
        ({"name": "A", "path": "A"}, "path"),
        ({"name": 5}, "name"),
    ],
)
def test_the_error_for_an_invalid_category_names_the_field(body: dict[str, object], field: str) -> None:
    category_by_names(["Home"], by=SYSTEM)
    response = client_of(staff()).post(CATEGORIES, body)
    assert (response.status_code, list(response.json()["details"])) == (400, [field])


def test_a_moved_category_is_found_in_lists_by_its_new_path() -> None:
    lamp = product(category=("Home", "Lamps"))
    client = client_of(staff())
    client.patch(f"{CATEGORIES}{lamp.category_id}/", {"parent": None, "name": "Light"})
    (card,) = client.get("/api/products/?category=Light").json()["results"]
    assert card["category"]["path"] == "Light"
