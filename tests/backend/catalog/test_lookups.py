"""Products by ids and slugs, and the lists and pages of sellers."""

from typing import Any

import pytest

from backend.accounts.models import User
from backend.catalog.category_services import update_category
from backend.catalog.models import Product
from backend.catalog.services import delete_product, update_product
from tests.backend.exposures.sinks import kept
from tests.backend.shop import NOW, SYSTEM, client_of, customer, product, seller, staff

pytestmark = pytest.mark.django_db

PRODUCTS = "/api/products/"


def listed(query: str, *, user: User | None = None) -> Any:
    response = client_of(user).get(f"{PRODUCTS}{query}")
    assert response.status_code == 200, response.json()
    return response.json()


def ids_of(page: Any) -> list[int]:
    return [card["id"] for card in page["results"]]


def test_products_by_ids_keep_the_order_of_the_ids() -> None:
    listed_ids = [product().pk for _ in range(30)]
    hidden = product(is_active=False).pk
    wanted = [listed_ids[3], listed_ids[0], hidden, 987_654, *listed_ids[5:], listed_ids[3]]
    page = listed("?ids=" + ",".join(map(str, wanted)))
    assert ids_of(page) == [listed_ids[3], listed_ids[0], *listed_ids[5:]]
    assert (page["count"], page["next"]) == (27, None)
    assert ids_of(listed(f"?ids={listed_ids[2]},{listed_ids[1]}&sort_by=newest")) == [
        listed_ids[2],
        listed_ids[1],
    ]
    assert ids_of(listed(f"?ids={listed_ids[1]},{listed_ids[2]}&sort_by=newest")) == [
        listed_ids[2],
        listed_ids[1],
    ]
    assert ids_of(listed(f"?ids={listed_ids[1]},{listed_ids[2]}&page_size=1&page=2")) == [listed_ids[2]]


@pytest.mark.parametrize(
    "ids",
    [
        "",
        ",",
        "1,",
        "1,,2",
        "1;2",
        "a",
        "-1",
        "1.5",
        "1 2",
        "1" * 19,
        "\u0661",
        ",".join(map(str, range(1, 102))),
    ],
)
def test_invalid_ids_are_refused(ids: str) -> None:
    response = client_of().get(PRODUCTS, {"ids": ids})
    assert (response.status_code, list(response.json()["details"])) == (400, ["ids"])


def test_a_list_of_ids_is_an_exposure_of_its_products() -> None:
    first, second = product().pk, product().pk
    with kept() as exposures:
        listed(f"?ids={second},{first}")
    (exposure,) = exposures
    assert (exposure.product_ids, exposure.filters) == ((second, first), {"ids": f"{second},{first}"})


def test_a_slug_leads_to_its_product() -> None:
    first, second = product("Copper kettle"), product("Copper Kettle!")
    path = f"{PRODUCTS}by-slug/copper-kettle/"
    assert client_of().get(path).json()["data"]["id"] == first.pk
    assert ids_of(listed("?slug=copper-kettle")) == [first.pk]
    assert ids_of(listed(f"?slug=copper-kettle-{second.pk}")) == [second.pk]
    delete_product(first.pk, by=SYSTEM, now=NOW)
    missing = client_of().get(path)
    assert (missing.status_code, missing.json()["details"]) == (404, {"slug": "copper-kettle"})


@pytest.mark.parametrize(
    ("title", "slug"), [("Copper kettle", "copper-kettle"), ("銅のやかん", "銅のやかん")]
)
def test_the_slug_before_a_new_title_is_redirected(title: str, slug: str) -> None:
    kettle = product(title)
    update_product(kettle.pk, changes={"title": "Copper pot"}, by=SYSTEM)
    moved = client_of().get(f"{PRODUCTS}by-slug/{slug}/")
    assert (moved.status_code, moved.headers["Location"]) == (301, f"{PRODUCTS}by-slug/copper-pot/")
    assert moved.headers["Cache-Control"] == "public, max-age=300"
    assert client_of().get(moved.headers["Location"]).json()["data"]["slug"] == "copper-pot"
    update_product(kettle.pk, changes={"title": title}, by=SYSTEM)
    assert client_of().get(f"{PRODUCTS}by-slug/{slug}/").json()["data"]["id"] == kettle.pk


def test_a_category_is_found_by_the_slug_it_was_created_with() -> None:
    lamps = product(category=("Home", "Lamps")).category
    update_category(lamps.pk, changes={"name": "Lights"}, by=SYSTEM)
    assert client_of().get("/api/categories/by-slug/home-lamps/").json()["data"]["name"] == "Lights"
    missing = client_of().get("/api/categories/by-slug/home-lights/")
    assert (missing.status_code, missing.json()["code"]) == (404, "category_not_found")


@pytest.fixture
def owner() -> User:
    return seller(first_name="Kupfer", last_name="& Co")


@pytest.fixture
def shelf(owner: User) -> dict[str, Product]:
    """Active and inactive products of the owner and of another seller, and a deleted one."""
    rows = {
        "active": product("active", sold_by=owner),
        "inactive": product("inactive", sold_by=owner, is_active=False),
        "foreign": product("foreign"),
        "foreign inactive": product("foreign inactive", is_active=False),
        "deleted": product("deleted", sold_by=owner),
    }
    delete_product(rows["deleted"].pk, by=SYSTEM, now=NOW)
    return rows


@pytest.mark.parametrize(
    ("query", "of_owner", "of_staff", "of_customer"),
    [
        ("", {"active", "foreign"}, {"active", "foreign"}, {"active", "foreign"}),
        ("?is_active=true", {"active", "foreign"}, {"active", "foreign"}, {"active", "foreign"}),
        ("?is_active=false", {"inactive"}, {"inactive", "foreign inactive"}, set()),
        ("?mine=true", {"active", "inactive"}, set(), set()),
        ("?mine=true&is_active=true", {"active"}, set(), set()),
        ("?mine=true&is_active=false", {"inactive"}, set(), set()),
    ],
)
@pytest.mark.usefixtures("shelf")
def test_inactive_products_are_listed_for_their_seller_and_staff(
    query: str, of_owner: set[str], of_staff: set[str], of_customer: set[str], owner: User
) -> None:
    for user, expected in ((owner, of_owner), (staff(), of_staff), (customer(), of_customer)):
        assert {card["title"] for card in listed(query, user=user)["results"]} == expected


@pytest.mark.parametrize("query", ["?mine=true", "?is_active=false"])
def test_guests_cannot_request_lists_of_inactive_or_own_products(query: str) -> None:
    response = client_of().get(f"{PRODUCTS}{query}")
    assert (response.status_code, response.json()["code"]) == (401, "not_authenticated")


@pytest.mark.usefixtures("shelf")
def test_a_sellers_own_list_is_not_recorded_as_an_exposure(owner: User) -> None:
    with kept() as exposures:
        assert listed("?mine=true", user=owner)["exposure_id"] is None
    assert exposures == []


@pytest.mark.usefixtures("shelf")
def test_the_page_of_a_seller_has_the_name_and_the_number_of_listed_products(owner: User) -> None:
    data = client_of().get(f"/api/sellers/{owner.pk}/").json()["data"]
    assert data == {
        "id": owner.pk,
        "name": "Kupfer & Co",
        "since": owner.date_joined.date().isoformat(),
        "product_count": 1,
    }


def test_a_product_has_the_name_of_its_seller(shelf: dict[str, Product]) -> None:
    assert client_of().get(f"{PRODUCTS}{shelf['active'].pk}/").json()["data"]["seller_name"] == "Kupfer & Co"


def test_only_active_accounts_that_sell_have_a_page() -> None:
    closed = seller(is_active=False)
    for user in (customer(), staff(), closed):
        response = client_of().get(f"/api/sellers/{user.pk}/")
        assert (response.status_code, response.json()["code"]) == (404, "seller_not_found")
    assert client_of().get(f"/api/sellers/{seller().pk}/").json()["data"]["product_count"] == 0
    selling_staff = staff(first_name="Ada")
    product(sold_by=selling_staff)
    assert client_of().get(f"/api/sellers/{selling_staff.pk}/").json()["data"]["name"] == "Ada"
