"""Every request of the original requirements, sent exactly as specified."""

from typing import Any, NamedTuple

import pytest

from tests.services.shop import Shop

pytestmark = pytest.mark.stores

PAGE = {"count", "next", "previous", "results", "page_size", "current_page", "total_pages"}
ENVELOPE = {"data", "message", "status", "timestamp"}
ERROR = {"error", "code", "details", "status", "timestamp", "request_id"}


class Account(NamedTuple):
    access_token: str
    refresh_token: str


@pytest.fixture(scope="module")
def account(shop: Shop) -> Account:
    """The account of the customer who sends the requests."""
    registration = {
        "phone": "1234567890",
        "password": "securepassword123",
        "first_name": "John",
        "last_name": "Doe",
        "date_of_birth": "1990-01-01",
        "user_type": "CUSTOMER",
    }
    status, body = shop.post("/accounts/register/", registration)
    assert (status, set(body)) == (201, ENVELOPE)

    status, body = shop.post("/accounts/login/", {"phone": "1234567890", "password": "securepassword123"})
    assert (status, set(body)) == (200, ENVELOPE)
    return Account(body["data"]["access_token"], body["data"]["refresh_token"])


def envelope(response: tuple[int, Any], *, status: int = 200) -> Any:
    """Check a success envelope and return its data."""
    assert response[0] == status, response
    assert set(response[1]) == ENVELOPE
    assert response[1]["status"] == status
    return response[1]["data"]


def page(response: tuple[int, Any]) -> Any:
    """Check a page and return it."""
    assert response[0] == 200, response
    assert set(response[1]) >= PAGE
    return response[1]


def test_a_refresh_token_is_exchanged_for_a_new_pair(shop: Shop, account: Account) -> None:
    login = {"phone": "1234567890", "password": "securepassword123"}
    refresh = envelope(shop.post("/accounts/login/", login))["refresh_token"]

    data = envelope(shop.post("/accounts/token-refresh/", {"refresh_token": refresh}, token=refresh))

    assert data["refresh_token"] != refresh
    assert shop.get("/api/orders/cart/", token=data["access_token"])[0] == 200


def test_logging_out_needs_only_the_access_token_and_ends_the_session(shop: Shop, account: Account) -> None:
    login = {"phone": "1234567890", "password": "securepassword123"}
    token = envelope(shop.post("/accounts/login/", login))["access_token"]

    assert shop.request("POST", "/accounts/logout/", token=token)[0] == 200

    status, body = shop.get("/api/orders/cart/", token=token)
    assert (status, set(body)) == (401, ERROR)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?flash_sale=true",
        "?best_seller_product=true",
        "?featured_product=true",
        "?category=Electronics",
        "?min_price=100&max_price=500",
        "?sort_by=price_low",
        "?page=1&page_size=20",
    ],
)
def test_products_are_listed(shop: Shop, account: Account, query: str) -> None:
    found = page(shop.get(f"/api/products/{query}", token=account.access_token))

    assert "exposure_id" in found


def test_a_price_range_filters_products(shop: Shop, account: Account) -> None:
    found = page(shop.get("/api/products/?min_price=100&max_price=500", token=account.access_token))

    assert {product["title"] for product in found["results"]} == {
        "Brass reading lamp",
        "Oak floor lamp",
        "Pocket phone",
    }


def test_variants_of_a_product_are_listed(shop: Shop, account: Account) -> None:
    found = page(shop.get("/api/products/?sort_by=price_low", token=account.access_token))
    shirt = next(product["id"] for product in found["results"] if product["title"] == "Linen shirt")

    variants = envelope(shop.get(f"/api/products/{shirt}/variants/", token=account.access_token))

    assert {variant["sku"] for variant in variants} == {"SHIRT-S", "SHIRT-M"}


def test_an_inventory_transaction_is_created_and_listed(shop: Shop, staff: str) -> None:
    movement = {
        "product": 1,
        "transaction_type": "IN",
        "quantity": 100,
        "reference": "PO-2024-001",
        "notes": "Initial stock",
    }

    created = envelope(shop.post("/api/products/inventory/transactions/", movement, token=staff), status=201)

    assert {**created, **movement} == created
    assert created["id"] in [
        row["id"] for row in page(shop.get("/api/products/inventory/transactions/", token=staff))["results"]
    ]


def test_a_cart_is_changed_and_ordered(shop: Shop, account: Account) -> None:
    token = account.access_token
    cart = envelope(shop.get("/api/orders/cart/", token=token))
    assert cart["items"] == []

    added = envelope(
        shop.post("/api/orders/cart/", {"product_id": 1, "quantity": 2}, token=token), status=201
    )
    item = added["items"][0]["id"]
    changed = envelope(shop.request("PUT", f"/api/orders/cart/{item}/", json={"quantity": 3}, token=token))
    assert changed["items"][0]["quantity"] == 3
    envelope(shop.request("DELETE", f"/api/orders/cart/{item}/", token=token))
    envelope(shop.post("/api/orders/cart/", {"product_id": 1, "quantity": 2}, token=token), status=201)

    address = {
        "street": "123 Main St",
        "city": "New York",
        "state": "NY",
        "postal_code": "10001",
        "country": "USA",
    }
    request = {"shipping_address": address, "notes": "Please deliver after 5 PM"}
    order = envelope(shop.post("/api/orders/orders/", request, token=token), status=201)
    assert [row["id"] for row in page(shop.get("/api/orders/orders/", token=token))["results"]] == [
        order["id"]
    ]
    stored = envelope(shop.get(f"/api/orders/orders/{order['id']}/", token=token))
    assert stored["shipping_address"] == {**address, "country": "US"}
    assert stored["notes"] == request["notes"]


@pytest.mark.parametrize(
    "query",
    [
        "q=lamp",
        "category=Electronics",
        "min_price=100&max_price=500",
        "sort_by=relevance",
        "page=1&page_size=20",
        "q=lamp&category=Electronics&min_price=100&max_price=500&sort_by=relevance&page=1&page_size=20",
    ],
)
def test_a_search_finds_the_lamp(shop: Shop, account: Account, query: str) -> None:
    found = page(shop.get(f"/api/search/?{query}", token=account.access_token))

    assert "Brass reading lamp" in [product["title"] for product in found["results"]]
    assert {"facets", "exposure_id"} <= set(found)


def test_a_prefix_has_suggestions(shop: Shop, account: Account) -> None:
    data = envelope(shop.get("/api/search/suggestions/?q=lam", token=account.access_token))

    assert "lamp" in str(data)


def test_product_analytics_are_reported(shop: Shop, staff: str) -> None:
    envelope(shop.get("/api/analytics/products/1/?start_date=2024-01-01&end_date=2024-12-31", token=staff))


@pytest.mark.parametrize("group_by", ["day", "week", "month"])
def test_sales_are_reported_by_period(shop: Shop, staff: str, group_by: str) -> None:
    span = "start_date=2024-01-01&end_date=2024-12-31"

    envelope(shop.get(f"/api/analytics/sales/?{span}&group_by={group_by}", token=staff))


@pytest.mark.parametrize("algorithm", ["collaborative", "content_based", "hybrid"])
def test_recommendations_for_a_customer_are_served(shop: Shop, account: Account, algorithm: str) -> None:
    path = f"/api/recommendations/user/?limit=10&algorithm={algorithm}"

    assert shop.get(path, token=account.access_token)[0] == 200


def test_recommendations_for_a_product_are_served(shop: Shop, account: Account) -> None:
    assert shop.get("/api/recommendations/product/1/", token=account.access_token)[0] == 200


@pytest.mark.parametrize("path", ["/api/schema/swagger-ui/", "/api/schema/redoc/", "/api/schema/"])
def test_the_documentation_is_served(shop: Shop, path: str) -> None:
    assert shop.fetch(path) == 200
