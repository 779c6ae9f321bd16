"""The catalogue over HTTP."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from backend.accounts.models import User
from backend.api.arrivals import Arrival
from backend.catalog.models import Product, Variant
from backend.catalog.services import delete_product, update_product
from tests.backend.exposures.sinks import kept, lost
from tests.backend.shop import NOW, SYSTEM, client_of, customer, product, seller, staff

pytestmark = pytest.mark.django_db

PRODUCTS = "/api/products/"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"


def titles(query: str = "", *, client: APIClient | None = None) -> list[str]:
    response = (client or APIClient()).get(f"{PRODUCTS}{query}")
    assert response.status_code == 200
    return [card["title"] for card in response.json()["results"]]


def test_a_card_has_the_documented_fields() -> None:
    lamp = product(
        price="20.00",
        stock=[0, 3],
        brand="Acme",
        discount_percentage=25,
        rating_average="4.50",
        rating_count=12,
        image_urls=["https://example.org/a.jpg", "https://example.org/b.jpg"],
    )
    Product.objects.update(flash_sale=True)
    (card,) = APIClient().get(PRODUCTS).json()["results"]
    assert card == {
        "id": lamp.pk,
        "title": "A lamp",
        "slug": "a-lamp",
        "brand": "Acme",
        "category": {
            "id": lamp.category_id,
            "name": "Lamps",
            "slug": "home-lamps",
            "path": "Home > Lamps",
        },
        "seller": lamp.seller_id,
        "price": "20.00",
        "discount_percentage": "25.00",
        "sale_price": "15.00",
        "lowest_price_30_days": None,
        "promotion": None,
        "currency": "USD",
        "flash_sale": True,
        "best_seller_product": False,
        "featured_product": False,
        "rating_average": "4.50",
        "rating_count": 12,
        "in_stock": True,
        "variant_count": 2,
        "image_url": "https://example.org/a.jpg",
        "thumbnail_url": "https://example.org/a.jpg",
    }


@pytest.fixture
def shelf() -> dict[str, Product]:
    """Four products that differ in all fields by which lists can be filtered or sorted."""
    trader = seller()
    rows = {
        "lamp": product("lamp", price="10.00", brand="Acme", popularity=5, rating_score=4, sold_by=trader),
        "chair": product("chair", price="40.00", category=("Home", "Chairs"), popularity=9),
        "desk lamp": product(
            "desk lamp", price="20.00", category=("Home", "Lamps", "Desk"), featured_product=True
        ),
        "spade": product(
            "spade", price="30.00", category=("Garden",), rating_score=5, best_seller_product=True
        ),
    }
    for age, row in enumerate(rows.values()):
        Product.objects.filter(pk=row.pk).update(created_at=NOW - timedelta(days=age))
    Product.objects.filter(pk=rows["chair"].pk).update(flash_sale=True)
    return rows


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["lamp", "chair", "desk lamp", "spade"]),
        ("?flash_sale=true", ["chair"]),
        ("?flash_sale=false", ["lamp", "desk lamp", "spade"]),
        ("?best_seller_product=true", ["spade"]),
        ("?featured_product=true", ["desk lamp"]),
        ("?category=Lamps", ["lamp", "desk lamp"]),
        ("?category=home-lamps-desk", ["desk lamp"]),
        ("?category=Home%20%3E%20Lamps", ["lamp", "desk lamp"]),
        ("?category=home", ["lamp", "chair", "desk lamp"]),
        ("?brand=acme", ["lamp"]),
        ("?min_price=20&max_price=30", ["desk lamp", "spade"]),
        ("?min_price=20.01&sort_by=price_low", ["spade", "chair"]),
        ("?sort_by=newest", ["lamp", "chair", "desk lamp", "spade"]),
        ("?sort_by=price_low", ["lamp", "desk lamp", "spade", "chair"]),
        ("?sort_by=price_high", ["chair", "spade", "desk lamp", "lamp"]),
        ("?sort_by=popularity", ["chair", "lamp", "desk lamp", "spade"]),
        ("?sort_by=rating", ["spade", "lamp", "chair", "desk lamp"]),
        ("?page=2&page_size=3", ["spade"]),
    ],
)
@pytest.mark.usefixtures("shelf")
def test_lists_are_filtered_and_sorted(query: str, found: list[str]) -> None:
    assert titles(query) == found


def test_lists_are_filtered_by_seller(shelf: dict[str, Product]) -> None:
    assert titles(f"?seller={shelf['lamp'].seller_id}") == ["lamp"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("?category=Nowhere", "category"),
        ("?sort_by=colour", "sort_by"),
        ("?min_price=-1", "min_price"),
        ("?min_price=30&max_price=20", "min_price"),
        ("?flash_sale=perhaps", "flash_sale"),
        ("?seller=me", "seller"),
        ("?page=0", "page"),
        ("?page_size=1000", "page_size"),
        ("?q=lamp", "q"),
        ("?brand=" + "x" * 10_000, "brand"),
    ],
)
def test_the_error_for_an_invalid_parameter_names_it(query: str, field: str) -> None:
    response = APIClient().get(f"{PRODUCTS}{query}")
    assert response.status_code == 400
    assert list(response.json()["details"]) == [field]


def test_an_unknown_sort_order_is_refused_with_the_known_ones() -> None:
    problem = APIClient().get(f"{PRODUCTS}?sort_by=colour").json()["details"]["sort_by"][0]
    for name in ("newest", "price_low", "price_high", "popularity", "rating", "relevance"):
        assert name in problem


def test_inactive_and_deleted_products_are_not_listed(shelf: dict[str, Product]) -> None:
    update_product(shelf["lamp"].pk, changes={"is_active": False}, by=SYSTEM)
    delete_product(shelf["chair"].pk, now=NOW, by=SYSTEM)
    assert titles() == ["desk lamp", "spade"]


def test_the_number_of_queries_does_not_grow_with_the_page() -> None:
    counts = []
    for _ in range(2):
        for _ in range(3):
            product(stock=[1, 1])
        with CaptureQueriesContext(connection) as queries:
            assert APIClient().get(PRODUCTS).status_code == 200
        counts.append(len(queries))
    assert counts == [3, 3]


def test_a_list_is_recorded_as_an_exposure_to_its_shopper(shelf: dict[str, Product]) -> None:
    guest = uuid4()
    with kept() as exposures:
        response = APIClient().get(
            f"{PRODUCTS}?category=Lamps&page=1&sort_by=price_high",
            headers={
                "X-Anonymous-Id": str(guest),
                "User-Agent": "Googlebot/2.1",
                "X-Tracking-Consent": "granted",
            },
        )
        APIClient().get(PRODUCTS, headers={"X-Anonymous-Id": str(guest), "User-Agent": IPHONE, "DNT": "1"})
    exposure, denied = exposures
    assert exposure.shopper.arrival == Arrival(device="other", is_bot=True, consent="granted")
    assert denied.shopper.arrival == Arrival(device="mobile", is_bot=False, consent="denied")
    assert denied.shopper.key is None
    assert response.json()["exposure_id"] == str(exposure.id)
    assert (exposure.surface, exposure.page, exposure.shopper.key) == ("product_list", 1, guest)
    assert exposure.product_ids == (shelf["desk lamp"].pk, shelf["lamp"].pk)
    assert exposure.filters == {"category": "Lamps", "sort_by": "price_high"}


def test_the_exposure_of_a_later_page_has_the_position_of_its_first_product(
    shelf: dict[str, Product],
) -> None:
    with kept() as exposures:
        APIClient().get(f"{PRODUCTS}?category=Lamps&page=2&page_size=1&sort_by=price_high")
    assert [(each.page, each.first_position) for each in exposures] == [(2, 2)]
    assert exposures[0].product_ids == (shelf["lamp"].pk,)


def test_a_list_whose_exposure_cannot_be_stored_has_no_id(shelf: dict[str, Product]) -> None:
    with lost():
        response = APIClient().get(PRODUCTS)
    assert (response.status_code, response.json()["exposure_id"], response.json()["count"]) == (200, None, 4)


def test_a_product_is_shown_with_its_variants() -> None:
    lamp = product(stock=[2, 3], description="Bright", attributes={"colour": "red"})
    data = APIClient().get(f"{PRODUCTS}{lamp.pk}/").json()["data"]
    assert (data["description"], data["attributes"], data["stock"], data["available"]) == (
        "Bright",
        {"colour": "red"},
        5,
        5,
    )
    assert [variant["stock"] for variant in data["variants"]] == [2, 3]
    assert data["variants"][0]["price"] == "10.00"


def test_an_inactive_product_is_visible_to_its_seller_and_staff_only() -> None:
    trader = seller()
    lamp = product(sold_by=trader, is_active=False)
    path = f"{PRODUCTS}{lamp.pk}/"
    statuses = {
        user.user_type if user else None: client_of(user).get(path).status_code
        for user in (None, customer(), trader, staff())
    }
    assert statuses == {None: 404, "CUSTOMER": 404, "SELLER": 200, "ADMIN": 200}
    assert client_of(seller()).get(path).status_code == 404


def test_inactive_variants_are_visible_to_their_seller_and_staff_only() -> None:
    trader = seller()
    shirt = product(sold_by=trader, stock=[1, 1])
    Variant.objects.filter(pk=shirt.variants.earliest("pk").pk).update(is_active=False)
    path = f"{PRODUCTS}{shirt.pk}/variants/"
    counts = [len(client_of(user).get(path).json()["data"]) for user in (None, customer(), trader, staff())]
    assert counts == [1, 1, 2, 2]


@pytest.fixture
def owner() -> User:
    return seller()


def test_the_seller_can_change_a_product(owner: User) -> None:
    lamp = product(sold_by=owner)
    response = client_of(owner).patch(
        f"{PRODUCTS}{lamp.pk}/",
        {"price": "12.00", "category": "Home > Lamps", "attributes": {"colour": "red"}, "is_active": True},
    )
    data = response.json()["data"]
    assert (response.status_code, data["price"], data["sale_price"], data["attributes"]) == (
        200,
        "12.00",
        "12.00",
        {"colour": "red"},
    )


@pytest.mark.parametrize(("method", "body"), [("patch", {"title": "Mine"}), ("delete", None)])
def test_others_cannot_change_a_product(method: str, body: object, owner: User) -> None:
    lamp = product(sold_by=owner)
    codes = [
        getattr(client_of(user), method)(f"{PRODUCTS}{lamp.pk}/", body).status_code
        for user in (None, customer(), seller())
    ]
    assert codes == [401, 403, 403]
    lamp.refresh_from_db()
    assert (lamp.title, lamp.deleted_at) == ("A lamp", None)


def test_only_staff_can_change_flags(owner: User) -> None:
    lamp = product(sold_by=owner)
    response = client_of(staff()).patch(f"{PRODUCTS}{lamp.pk}/", {"featured_product": True})
    assert response.json()["data"]["featured_product"] is True
    refused = client_of(owner).patch(f"{PRODUCTS}{lamp.pk}/", {"featured_product": False, "title": "B"})
    assert (refused.status_code, list(refused.json()["details"])) == (400, ["featured_product"])
    for derived in ("flash_sale", "best_seller_product"):
        ignored = client_of(staff()).patch(f"{PRODUCTS}{lamp.pk}/", {derived: True})
        assert (ignored.status_code, ignored.json()["data"][derived]) == (200, False)
    lamp.refresh_from_db()
    assert lamp.title == "A lamp"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"price": "-1"}, "price"),
        ({"price": "1.999"}, "price"),
        ({"discount_percentage": "101"}, "discount_percentage"),
        ({"category": "Nowhere"}, "category"),
        ({"title": ""}, "title"),
        ({"category": "\0"}, "category"),
        ({"attributes": ["red"]}, "attributes"),
        ({"attributes": {"\0": "red"}}, "attributes"),
        ({"attributes": {"": "red"}}, "attributes"),
        ({"attributes": {str(number): "red" for number in range(101)}}, "attributes"),
        ({"image_urls": ["no address"]}, "image_urls.0"),
        ({"stock": 5}, "stock"),
    ],
)
def test_the_error_for_an_invalid_change_names_the_field(
    wrong: dict[str, object], field: str, owner: User
) -> None:
    lamp = product(sold_by=owner)
    response = client_of(owner).patch(f"{PRODUCTS}{lamp.pk}/", wrong)
    assert response.status_code == 400
    assert list(response.json()["details"]) == [field]


def test_a_change_that_is_not_an_object_is_refused(owner: User) -> None:
    lamp = product(sold_by=owner)
    for wrong in ([1], "title", None):
        response = client_of(owner).patch(f"{PRODUCTS}{lamp.pk}/", wrong)
        assert response.status_code in (200, 400)
        assert (response.status_code == 400) is (wrong is not None)


def test_a_deleted_product_is_not_found(owner: User) -> None:
    lamp = product(sold_by=owner)
    client = client_of(owner)
    assert client.delete(f"{PRODUCTS}{lamp.pk}/").json()["data"] == {"id": lamp.pk}
    assert client.get(f"{PRODUCTS}{lamp.pk}/").status_code == 404
    assert client.delete(f"{PRODUCTS}{lamp.pk}/").status_code == 404
    assert APIClient().get(f"{PRODUCTS}{lamp.pk}/variants/").status_code == 404
