"""Variants as combinations of attribute values."""

import time
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from backend.accounts.models import User
from backend.catalog.errors import SkuTaken
from backend.catalog.matrix import FilledMatrix, Matrix, fill_matrix
from backend.catalog.models import Product, Variant
from backend.catalog.variant_services import NewVariant
from tests.backend.catalog.test_services import new_product
from tests.backend.shop import SYSTEM, client_of, product, seller
from tests.backend.together import kinds, together

SHIRTS: dict[str, Any] = {
    "attributes": {"size": ["S", "M", "XL"], "colour": ["red", "dark blue"]},
    "sku_pattern": "SHIRT-{size}-{colour}",
    "sku_codes": {"colour": {"dark blue": "DBL"}},
    "price_modifiers": {"size": {"XL": "2.00"}, "colour": {"dark blue": "-0.50"}},
    "image_urls": {"colour": {"red": "https://shop.example/red.jpg"}},
}


@pytest.fixture
def owner() -> User:
    return seller()


@pytest.fixture
def shirt(owner: User) -> Product:
    return product("Shirt", sold_by=owner, price="10.00", stock=0)


def fill(owner: User, shirt: Product, **fields: Any) -> Any:
    response = client_of(owner).post(f"/api/products/{shirt.pk}/variants/matrix/", {**SHIRTS, **fields})
    return response.json()


@pytest.mark.django_db
def test_a_matrix_creates_a_variant_for_each_combination(owner: User, shirt: Product) -> None:
    data = fill(owner, shirt)["data"]
    assert data["existing"] == []
    assert [
        (each["sku"], each["name"], each["sale_price"], each["image_url"]) for each in data["created"]
    ] == [
        ("SHIRT-S-RED", "S / red", "10.00", "https://shop.example/red.jpg"),
        ("SHIRT-S-DBL", "S / dark blue", "9.50", ""),
        ("SHIRT-M-RED", "M / red", "10.00", "https://shop.example/red.jpg"),
        ("SHIRT-M-DBL", "M / dark blue", "9.50", ""),
        ("SHIRT-XL-RED", "XL / red", "12.00", "https://shop.example/red.jpg"),
        ("SHIRT-XL-DBL", "XL / dark blue", "11.50", ""),
    ]
    assert data["created"][0]["attributes"] == {"size": "S", "colour": "red"}


@pytest.mark.django_db
def test_a_repeated_or_larger_matrix_creates_only_what_is_missing(owner: User, shirt: Product) -> None:
    first = fill(owner, shirt)["data"]["created"]
    Variant.objects.filter(pk=first[0]["id"]).update(price_modifier=Decimal(3), is_active=False)
    again = fill(owner, shirt)["data"]
    assert (again["created"], [each["id"] for each in again["existing"]]) == (
        [],
        [each["id"] for each in first],
    )
    assert Variant.objects.get(pk=first[0]["id"]).price_modifier == 3
    larger = fill(
        owner, shirt, attributes={"size": ["S", "L"], "colour": ["red"]}, price_modifiers={}, sku_codes={}
    )["data"]
    assert [each["sku"] for each in larger["created"]] == ["SHIRT-L-RED"]
    assert [each["sku"] for each in larger["existing"]] == ["SHIRT-S-RED"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"attributes": {}}, "attributes"),
        ({"attributes": {"size": []}}, "attributes"),
        ({"attributes": {"size": "SML"}}, "attributes.size"),
        ({"attributes": {"size": [" "]}}, "attributes.size.0"),
        ({"attributes": {"size": ["S", "s"]}}, "attributes"),
        ({"attributes": {"size": ["S"], "Size": ["M"]}}, "attributes"),
        ({"attributes": {"size": [str(number) for number in range(10_000)]}}, "attributes.size"),
        ({"attributes": {f"a{number}": ["x"] for number in range(900)}}, "attributes"),
        ({"attributes": {name: [str(number) for number in range(100)] for name in "abcde"}}, "attributes"),
        ({"sku_pattern": "SHIRT-{size}"}, "sku_pattern"),
        ({"sku_pattern": "SHIRT-{size}-{colour}-{cut}"}, "sku_pattern"),
        ({"sku_pattern": "{size.__class__}-{size}-{colour}"}, "sku_pattern"),
        ({"sku_pattern": "x" * 60 + "{size}{colour}"}, "sku_pattern"),
        ({"sku_codes": {"colour": {"red": "X", "dark blue": "X"}}}, "sku_codes"),
        ({"attributes": {"size": ["1.5", "15"]}, "sku_pattern": "{size}"}, "sku_codes"),
        ({"attributes": {"size": ["大", "小"]}, "sku_pattern": "{size}"}, "sku_codes"),
        ({"sku_codes": {"colour": {"green": "G"}}}, "sku_codes"),
        ({"price_modifiers": {"cut": {"slim": "1"}}}, "price_modifiers"),
        ({"price_modifiers": {"size": {"S": "0.001"}}}, "price_modifiers.size.S"),
        ({"price_modifiers": {"size": {"S": "-10.01"}}}, "price"),
        ({"price_modifiers": {"size": {"S": "a lot"}}}, "price_modifiers.size.S"),
        ({"image_urls": {"colour": {"red": "javascript:alert(1)"}}}, "image_urls.colour.red"),
        ({"stock": 5}, "stock"),
    ],
)
def test_the_error_for_an_invalid_matrix_names_the_field(
    wrong: dict[str, Any], field: str, owner: User, shirt: Product
) -> None:
    fields = {"sku_codes": {}, "price_modifiers": {}, "image_urls": {}, **wrong}
    started = time.monotonic()
    body = fill(owner, shirt, **fields)
    assert body["status"] == 400, body
    assert next(iter(body["details"])) == field
    assert shirt.variants.count() == 1
    assert time.monotonic() - started < 5


@pytest.mark.django_db
def test_a_generated_sku_that_is_taken_is_a_conflict(owner: User, shirt: Product) -> None:
    new_product(NewVariant(sku="SHIRT-M-RED"))
    body = fill(owner, shirt)
    assert (body["code"], body["details"]) == ("sku_taken", {"skus": ["SHIRT-M-RED"]})
    assert shirt.variants.count() == 1


@pytest.mark.django_db
def test_the_number_of_variants_of_a_product_is_limited(owner: User, shirt: Product) -> None:
    for prefix in ("A", "B"):
        sizes = [f"{prefix}{number}" for number in range(250)]
        body = fill(
            owner,
            shirt,
            attributes={"size": sizes},
            sku_pattern="{size}",
            sku_codes={},
            price_modifiers={},
            image_urls={},
        )
    assert (body["status"], list(body["details"])) == (400, ["variants"])
    assert shirt.variants.count() == 251


@pytest.mark.django_db(transaction=True)
def test_concurrent_fills_of_one_matrix_create_each_variant_once(shirt: Product) -> None:
    matrix = Matrix(attributes={"size": ["S", "M"]}, sku_pattern="M-{size}")
    fills = [partial(fill_matrix, shirt.pk, matrix=matrix, by=SYSTEM)] * 2
    outcomes = together(*fills)
    assert kinds(outcomes) == ["FilledMatrix", "FilledMatrix"]
    assert sorted(len(each.created) for each in outcomes if isinstance(each, FilledMatrix)) == [0, 2]
    assert shirt.variants.count() == 3


@pytest.mark.django_db(transaction=True)
def test_of_two_concurrent_fills_with_the_same_skus_one_is_refused(shirt: Product) -> None:
    other = product("Other shirt", stock=0)
    matrix = Matrix(attributes={"size": ["S", "M"]}, sku_pattern="M-{size}")
    outcomes = together(*[partial(fill_matrix, each.pk, matrix=matrix, by=SYSTEM) for each in (shirt, other)])
    assert kinds(outcomes) == ["FilledMatrix", SkuTaken.__name__]
