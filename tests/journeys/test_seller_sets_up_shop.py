"""A seller fills a shop over HTTP alone, and finds it by search."""

from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image

from tests.journeys.conftest import log_in
from tests.services.shop import Shop
from tests.services.waiting import wait_until

PRODUCTS = 20
# It takes about a second; a machine that runs several tests at once gets more.
ALLOWED_SECONDS = 10.0


def made(response: tuple[int, Any], *, status: int = 201) -> Any:
    assert response[0] == status, response
    return response[1]["data"]


@pytest.fixture
def seller(shop: Shop) -> str:
    phone, password = f"+1212556{uuid4().int % 10_000:04}", "securepassword123"
    account = {"phone": phone, "password": password, "user_type": "SELLER", "first_name": "Walnut & Ash"}
    assert shop.post("/accounts/register/", account)[0] in (201, 409)
    return log_in(shop, phone=phone, password=password)


def picture(number: int) -> bytes:
    file = BytesIO()
    Image.new("RGB", (64, 48), (12 * number, 90, 60)).save(file, format="PNG")
    return file.getvalue()


def offer(shop: Shop, *, number: int, word: str, category: str, token: str) -> int:
    """Create a product with three variants in two sizes, a picture and stock; return its id."""
    code = f"{word.upper()}-{number}"
    body = {
        "title": f"{word} stool {number}",
        "category": category,
        "price": "49.00",
        "variants": [{"sku": f"{code}-LOW", "attributes": {"height": "low"}}],
    }
    product = made(shop.post("/api/products/", body, token=token))["id"]
    matrix = {
        "attributes": {"height": ["low", "medium", "high"]},
        "sku_pattern": f"{code}-{{height}}",
        "price_modifiers": {"height": {"high": "10.00"}},
    }
    made(shop.post(f"/api/products/{product}/variants/matrix/", matrix, token=token), status=200)
    fields = {"image": ("stool.png", picture(number), "image/png")}
    made(shop.request("POST", f"/api/products/{product}/images/", token=token, fields=fields))
    variants = made(shop.get(f"/api/products/{product}/variants/"), status=200)
    assert len(variants) == 3
    for variant in variants:
        delivery = {"variant": variant["id"], "transaction_type": "IN", "quantity": 5, "reference": "first"}
        made(shop.post("/api/products/inventory/transactions/", delivery, token=token))
    return int(product)


def test_a_seller_fills_a_shop_over_http_alone_and_finds_it_by_search(
    shop: Shop, staff: str, seller: str
) -> None:
    word = f"walnut{uuid4().hex[:8]}"
    category = made(shop.post("/api/categories/", {"name": f"Stools {word}"}, token=staff))["slug"]

    ids = {
        offer(shop, number=number, word=word, category=category, token=seller) for number in range(PRODUCTS)
    }
    query = f"/api/search/?q={word}&category={category}&in_stock=true&page_size=100"
    wait_until(
        lambda: shop.get(query)[1]["count"] == PRODUCTS, what="found by search", seconds=ALLOWED_SECONDS
    )
    page = shop.get(query)[1]
    assert {card["id"] for card in page["results"]} == ids
    assert {(card["in_stock"], card["variant_count"]) for card in page["results"]} == {(True, 3)}
    assert all(card["image_url"] for card in page["results"])
    status, own = shop.get("/api/products/?mine=true", token=seller)
    assert (status, own["count"]) == (200, PRODUCTS)
