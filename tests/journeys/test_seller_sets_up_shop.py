"""A seller creates a catalogue over HTTP only, and searches find it."""

from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image

from tests.journeys.conftest import log_in
from tests.services.shop import Shop
from tests.services.waiting import wait_until

pytestmark = pytest.mark.stores

PRODUCTS = 20
# It usually takes about a second; running several tests at once may take longer.
ALLOWED_SECONDS = 10.0


def created(response: tuple[int, Any], *, status: int = 201) -> Any:
    assert response[0] == status, response
    return response[1]["data"]


@pytest.fixture
def seller(shop: Shop) -> str:
    phone, password = f"+1212556{uuid4().int % 10_000:04}", "securepassword123"
    account = {"phone": phone, "password": password, "user_type": "SELLER", "first_name": "Walnut & Ash"}
    assert shop.post("/accounts/register/", account)[0] in (201, 409)
    return log_in(shop, phone=phone, password=password)


def image(number: int) -> bytes:
    file = BytesIO()
    Image.new("RGB", (64, 48), (12 * number, 90, 60)).save(file, format="PNG")
    return file.getvalue()


def create_product(shop: Shop, *, number: int, word: str, category: str, token: str) -> int:
    """Create a product with three variants, an image and stock; return its id."""
    code = f"{word.upper()}-{number}"
    body = {
        "title": f"{word} stool {number}",
        "category": category,
        "price": "49.00",
        "variants": [{"sku": f"{code}-LOW", "attributes": {"height": "low"}}],
    }
    product = created(shop.post("/api/products/", body, token=token))["id"]
    matrix = {
        "attributes": {"height": ["low", "medium", "high"]},
        "sku_pattern": f"{code}-{{height}}",
        "price_modifiers": {"height": {"high": "10.00"}},
    }
    created(shop.post(f"/api/products/{product}/variants/matrix/", matrix, token=token), status=200)
    fields = {"image": ("stool.png", image(number), "image/png")}
    created(shop.request("POST", f"/api/products/{product}/images/", token=token, fields=fields))
    variants = created(shop.get(f"/api/products/{product}/variants/"), status=200)
    assert len(variants) == 3
    for variant in variants:
        delivery = {"variant": variant["id"], "transaction_type": "IN", "quantity": 5, "reference": "first"}
        created(shop.post("/api/products/inventory/transactions/", delivery, token=token))
    return int(product)


def test_products_created_over_http_are_found_by_search(shop: Shop, staff: str, seller: str) -> None:
    word = f"walnut{uuid4().hex[:8]}"
    category = created(shop.post("/api/categories/", {"name": f"Stools {word}"}, token=staff))["slug"]

    ids = {
        create_product(shop, number=number, word=word, category=category, token=seller)
        for number in range(PRODUCTS)
    }
    query = f"/api/search/?q={word}&category={category}&in_stock=true&page_size=100"
    wait_until(
        lambda: shop.get(query)[1]["count"] == PRODUCTS,
        what="searches find all products",
        seconds=ALLOWED_SECONDS,
    )
    page = shop.get(query)[1]
    assert {card["id"] for card in page["results"]} == ids
    assert {(card["in_stock"], card["variant_count"]) for card in page["results"]} == {(True, 3)}
    assert all(card["image_url"] for card in page["results"])
    status, own = shop.get("/api/products/?mine=true", token=seller)
    assert (status, own["count"]) == (200, PRODUCTS)
