"""Sellers and staff manage products and variants over HTTP."""

import json
from decimal import Decimal
from typing import Any

import pytest

from backend.accounts.models import User
from backend.catalog.categories import category_by_names
from backend.catalog.models import Product, Variant
from tests.backend.shop import SYSTEM, client_of, customer, product, seller, staff

pytestmark = pytest.mark.django_db

PRODUCTS = "/api/products/"


@pytest.fixture
def owner() -> User:
    return seller()


@pytest.fixture(autouse=True)
def _kitchen() -> None:
    category_by_names(["Home", "Kitchen"], by=SYSTEM)


def kettle(**fields: Any) -> dict[str, Any]:
    return {
        "title": "Copper kettle",
        "category": "Home > Kitchen",
        "price": "89.00",
        "variants": [{"sku": "K-1"}],
        **fields,
    }


def test_a_seller_creates_a_product_with_variants(owner: User) -> None:
    body = kettle(
        description="Boils a litre.\nIn four minutes.",
        brand="Kupfer",
        discount_percentage="10.00",
        attributes={"colour": "copper"},
        variants=[
            {"sku": "K-1", "name": "1 litre", "attributes": {"size": "1 l"}},
            {"sku": "K-2", "price_modifier": "11.00", "discount_percentage": "0.00"},
        ],
    )
    response = client_of(owner).post(PRODUCTS, body)
    data = response.json()["data"]
    assert response.status_code == 201, data
    assert (data["seller"], data["slug"], data["sale_price"], data["currency"]) == (
        owner.pk,
        "copper-kettle",
        "80.10",
        "USD",
    )
    assert [(each["sku"], each["sale_price"], each["stock"]) for each in data["variants"]] == [
        ("K-1", "80.10", 0),
        ("K-2", "100.00", 0),
    ]
    assert client_of().get(f"{PRODUCTS}{data['id']}/").status_code == 200


def test_customers_and_guests_cannot_create_products() -> None:
    codes = [client_of(user).post(PRODUCTS, kettle()).status_code for user in (None, customer())]
    assert (codes, Product.objects.count()) == ([401, 403], 0)


def test_staff_can_create_products_for_sellers_and_set_flags(owner: User) -> None:
    response = client_of(staff()).post(PRODUCTS, kettle(seller=owner.pk, featured_product=True))
    data = response.json()["data"]
    assert (data["seller"], data["featured_product"]) == (owner.pk, True)
    for user_id in (customer().pk, 987_654):
        refused = client_of(staff()).post(PRODUCTS, kettle(seller=user_id, variants=[{"sku": "K-2"}]))
        assert list(refused.json()["details"]) == ["seller"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"seller": 1}, "seller"),
        ({"featured_product": True}, "featured_product"),
        ({"variants": []}, "variants"),
        ({"variants": [{"sku": f"K-{number}"} for number in range(101)]}, "variants"),
        ({"variants": [{"sku": "K-1"}, {"sku": "K-1"}]}, "sku"),
        ({"variants": [{"sku": "K-1", "stock": 5}]}, "variants.0.stock"),
        ({"variants": [{"sku": " "}]}, "variants.0.sku"),
        ({"variants": [{"sku": "K-1", "price_modifier": "0.001"}]}, "variants.0.price_modifier"),
        ({"variants": [{"sku": "K-1", "price_modifier": "-89.01"}]}, "price"),
        ({"variants": [{"sku": "K-1", "price_modifier": "9999999999"}]}, "price"),
        ({"variants": [{"sku": "K-1", "discount_percentage": "-1"}]}, "variants.0.discount_percentage"),
        ({"variants": [{"sku": "K-1", "discount_percentage": "100.01"}]}, "variants.0.discount_percentage"),
        ({"variants": ["K-1"]}, "variants.0"),
        ({"variants": {"sku": "K-1"}}, "variants"),
        ({"price": "-0.01"}, "price"),
        ({"price": "0.001"}, "price"),
        ({"price": "10000000000"}, "price"),
        ({"price": "1" * 40}, "price"),
        ({"price": "NaN"}, "price"),
        ({"price": "Infinity"}, "price"),
        ({"price": None}, "price"),
        ({"price": True}, "price"),
        ({"currency": "USX"}, "currency"),
        ({"currency": "JPY", "price": "1.5"}, "price"),
        ({"category": "Nowhere"}, "category"),
        ({"category": 1}, "category"),
        ({"title": "   "}, "title"),
        ({"title": "\u200b\u2060"}, "title"),
        ({"title": "\u3164"}, "title"),
        ({"title": "cheap \u202e00.01$"}, "title"),
        ({"title": "\u2067kettle"}, "title"),
        ({"title": "a\nb"}, "title"),
        ({"title": "a\x1bb"}, "title"),
        ({"title": "x" * 301}, "title"),
        ({"title": 5}, "title"),
        ({"brand": "a\u0085b"}, "brand"),
        ({"description": "a\x07b"}, "description"),
        ({"description": "x" * 20_001}, "description"),
        ({"attributes": {"Size": "S", "size": "M"}}, "attributes"),
        ({"attributes": {"\u00e9": "a", "e\u0301": "b"}}, "attributes"),
        ({"attributes": {"colour": "\u202ered"}}, "attributes.colour"),
        ({"attributes": {str(number): "x" for number in range(101)}}, "attributes"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_the_error_for_an_invalid_product_names_the_field(
    wrong: dict[str, object], field: str, owner: User
) -> None:
    response = client_of(owner).post(PRODUCTS, kettle(**wrong))
    assert response.status_code == 400, response.json()
    assert list(response.json()["details"]) == [field]
    assert not Product.objects.exists()


@pytest.mark.parametrize(
    "title",
    ["Kettle \U0001f468\u200d\U0001f469\u200d\U0001f467", "\u0645\u06cc\u200c\u062e", "קומקום\u200f", "水壶"],
)
def test_titles_in_every_script_are_kept(title: str, owner: User) -> None:
    assert client_of(owner).post(PRODUCTS, kettle(title=title)).json()["data"]["title"] == title


def test_text_is_stored_in_its_composed_form(owner: User) -> None:
    data = client_of(owner).post(PRODUCTS, kettle(title=" Cafe\u0301 ")).json()["data"]
    assert data["title"] == "Caf\u00e9"


@pytest.mark.parametrize("body", [None, [], "text", 5, True])
@pytest.mark.parametrize("path", ["", "{product}/", "{product}/variants/", "{product}/variants/{variant}/"])
def test_a_body_that_is_not_an_object_is_refused(body: object, path: str, owner: User) -> None:
    made = product(sold_by=owner)
    method = "PATCH" if path.endswith("}/") else "POST"
    address = PRODUCTS + path.format(product=made.pk, variant=made.variants.get().pk)
    if address.endswith(f"{made.pk}/variants/"):
        method = "POST"
    response = client_of(owner).generic(method, address, json.dumps(body), content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (400, "invalid_input")
    assert list(response.json()["details"]) == ["non_field_errors"]


def test_a_sku_that_is_taken_is_a_conflict(owner: User) -> None:
    client = client_of(owner)
    client.post(PRODUCTS, kettle())
    again = client.post(PRODUCTS, kettle(variants=[{"sku": "K-0"}, {"sku": "K-1"}]))
    assert (again.status_code, again.json()["code"], again.json()["details"]) == (
        409,
        "sku_taken",
        {"skus": ["K-1"]},
    )
    assert Product.objects.count() == 1


def test_a_seller_can_manage_the_variants_of_a_product(owner: User) -> None:
    client, made = client_of(owner), product(sold_by=owner, price="20.00", stock=0)
    path = f"{PRODUCTS}{made.pk}/variants/"
    created = client.post(path, {"sku": "NEW", "price_modifier": "-5.00", "attributes": {"size": "S"}})
    variant = created.json()["data"]
    assert (created.status_code, variant["price"], variant["sale_price"]) == (201, "15.00", "15.00")
    own = f"{path}{variant['id']}/"
    assert client_of().get(own).json()["data"]["sku"] == "NEW"
    changed = client.patch(own, {"discount_percentage": "50", "is_active": False}).json()["data"]
    assert (changed["sale_price"], changed["is_active"]) == ("7.50", False)
    assert client_of().get(own).status_code == 404
    assert client.get(own).status_code == 200
    assert client.delete(own).json()["data"] == {"id": variant["id"], "deactivated": False}
    assert client.get(own).json()["code"] == "variant_not_found"
    last = made.variants.get().pk
    assert client.delete(f"{path}{last}/").json()["code"] == "last_variant"


def test_a_variant_with_a_history_is_deactivated(owner: User) -> None:
    made = product(sold_by=owner, stock=[1, 1])
    variant_id = made.variants.earliest("pk").pk
    response = client_of(owner).delete(f"{PRODUCTS}{made.pk}/variants/{variant_id}/")
    assert response.json()["data"] == {"id": variant_id, "deactivated": True}
    assert Variant.objects.get(pk=variant_id).is_active is False


MATRIX = {"attributes": {"size": ["S", "M"], "colour": ["red"]}, "sku_pattern": "T-{size}"}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("post", "{product}/variants/", {"sku": "NEW"}),
        ("patch", "{product}/variants/{variant}/", {"sku": "NEW"}),
        ("delete", "{product}/variants/{variant}/", None),
        ("post", "{product}/variants/matrix/", MATRIX),
        ("patch", "{product}/", {"title": "Mine"}),
        ("delete", "{product}/", None),
    ],
)
def test_others_cannot_change_a_sellers_products(method: str, path: str, body: Any, owner: User) -> None:
    made = product(sold_by=owner, stock=[1, 1])
    address = PRODUCTS + path.format(product=made.pk, variant=made.variants.earliest("pk").pk)
    before = list(Variant.objects.order_by("pk").values())
    responses = [getattr(client_of(user), method)(address, body) for user in (None, customer(), seller())]
    assert [(each.status_code, each.json()["code"]) for each in responses] == [
        (401, "not_authenticated"),
        (403, "not_your_product"),
        (403, "not_your_product"),
    ]
    hidden = client_of(owner).patch(f"{PRODUCTS}{made.pk}/", {"is_active": False})
    assert hidden.status_code == 200
    assert getattr(client_of(seller()), method)(address, body).status_code == 404
    made.refresh_from_db()
    assert (list(Variant.objects.order_by("pk").values()), made.deleted_at) == (before, None)


def test_an_attribute_name_that_differs_only_in_case_from_another_variants_is_refused(owner: User) -> None:
    made = product(sold_by=owner)
    path = f"{PRODUCTS}{made.pk}/variants/"
    client = client_of(owner)
    assert client.post(path, {"sku": "A", "attributes": {"Size": "S"}}).status_code == 201
    refused = client.post(path, {"sku": "B", "attributes": {"size": "M"}})
    assert list(refused.json()["details"]) == ["attributes"]
    own = made.variants.get(sku="A")
    assert client.patch(f"{path}{own.pk}/", {"attributes": {"SIZE": "S"}}).status_code == 200


def test_the_error_for_an_imprecise_price_modifier_names_it(owner: User) -> None:
    made = product(sold_by=owner)
    path = f"{PRODUCTS}{made.pk}/variants/"
    refused = client_of(owner).post(path, {"sku": "A", "price_modifier": "0.001"})
    assert list(refused.json()["details"]) == ["price_modifier"]
    assert Decimal(client_of(owner).post(path, {"sku": "A"}).json()["data"]["price_modifier"]) == 0
