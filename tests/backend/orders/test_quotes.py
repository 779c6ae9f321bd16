"""Quotes, and orders with the method and total that a quote showed."""

from decimal import Decimal
from typing import Any

import pytest
from pytest_django import Settings

from backend.accounts.models import User
from backend.catalog.models import Product
from backend.orders.models import AdjustmentKind, Order
from backend.shipping.models import ShippingMethod
from backend.taxes.models import TaxRate
from tests.backend.orders.steps import ADDRESS, fill
from tests.backend.shop import client_of, customer, product, stock_of, variant

pytestmark = pytest.mark.django_db

QUOTE, ORDERS = "/api/orders/quote/", "/api/orders/orders/"


@pytest.fixture
def shopper() -> User:
    return customer()


@pytest.fixture
def tables() -> None:
    """Taxes in New York, and two shipping methods."""
    TaxRate.objects.create(country="US", state="NY", tax_class="standard", rate=Decimal("8.875"))
    TaxRate.objects.create(country="US", state="NY", tax_class="books", rate=Decimal(0))
    common: dict[str, Any] = {"currency": "USD", "countries": ["US"]}
    ShippingMethod.objects.create(code="express", name="Express", price=Decimal("9.90"), **common)
    ShippingMethod.objects.create(
        code="post", name="Post", price=Decimal("3.00"), price_per_kg=Decimal("2.00"), **common
    )


def quoted(user: User, **body: Any) -> dict[str, Any]:
    response = client_of(user).post(QUOTE, body or {"shipping_address": ADDRESS})
    assert response.status_code == 200, response.json()
    return dict(response.json()["data"])


def fill_with_a_lamp_and_a_book(user: User) -> None:
    lamp, book = variant(price="20.00"), variant(price="10.00")
    Product.objects.filter(pk=book.product_id).update(tax_class="books")
    type(lamp).objects.filter(pk=lamp.pk).update(weight_grams=750)
    fill(user, {lamp.pk: 2, book.pk: 1})


@pytest.mark.usefixtures("tables")
def test_a_quote_shows_taxes_and_totals_by_shipping_method(shopper: User) -> None:
    fill_with_a_lamp_and_a_book(shopper)
    quote = quoted(shopper)
    lines, methods = quote.pop("items"), quote.pop("methods")
    assert quote == {
        "country": "US",
        "state": "NY",
        "currency": "USD",
        "prices_include_tax": False,
        "discount_amount": "0.00",
        "subtotal": "50.00",
    }
    assert [(line["total_price"], line["tax_class"], line["tax_amount"]) for line in lines] == [
        ("40.00", "standard", "3.55"),
        ("10.00", "books", "0.00"),
    ]
    assert methods == [
        {
            "code": "post",
            "name": "Post",
            "shipping_discount_amount": "0.00",
            "shipping_cost": "6.00",
            "shipping_tax_amount": "0.53",
            "tax_amount": "4.08",
            "total_amount": "60.08",
        },
        {
            "code": "express",
            "name": "Express",
            "shipping_discount_amount": "0.00",
            "shipping_cost": "9.90",
            "shipping_tax_amount": "0.88",
            "tax_amount": "4.43",
            "total_amount": "64.33",
        },
    ]


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("included", [False, True])
def test_an_order_has_the_amounts_of_the_quote(
    number: int, included: bool, shopper: User, settings: Settings
) -> None:
    settings.PRICES_INCLUDE_TAX = included
    fill_with_a_lamp_and_a_book(shopper)
    method = quoted(shopper)["methods"][number]
    response = client_of(shopper).post(
        ORDERS,
        {
            "shipping_address": ADDRESS,
            "shipping_method": method["code"],
            "expected_total": method["total_amount"],
        },
    )
    assert response.status_code == 201, response.json()
    data, order = response.json()["data"], Order.objects.get()
    assert (data["shipping_method"], data["shipping_cost"], data["tax_amount"]) == (
        method["code"],
        method["shipping_cost"],
        method["tax_amount"],
    )
    (row,) = order.adjustments.all()
    assert (row.kind, row.code, row.description) == (AdjustmentKind.SHIPPING, method["code"], method["name"])
    assert (row.amount, row.tax_amount) == (
        Decimal(method["shipping_cost"]),
        Decimal(method["shipping_tax_amount"]),
    )
    items = list(order.items.all())
    assert [item.tax_class for item in items] == ["standard", "books"]
    assert sum((item.tax_amount for item in items), row.tax_amount) == order.tax_amount


@pytest.mark.usefixtures("tables")
def test_without_a_method_the_cheapest_one_ships(shopper: User) -> None:
    fill(shopper, {variant().pk: 1})
    data = client_of(shopper).post(ORDERS, {"shipping_address": ADDRESS}).json()["data"]
    assert (data["shipping_method"], data["shipping_cost"]) == ("post", "3.00")


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"shipping_method": "drone"}, "shipping_method_unavailable"),
        (
            {"shipping_address": {"street": "1", "city": "Berlin", "postal_code": "10117", "country": "DE"}},
            "destination_not_served",
        ),
        ({"expected_total": "13.88"}, "price_changed"),
    ],
)
def test_an_order_that_cannot_be_shipped_as_wanted_is_refused_and_leaves_the_cart(
    body: dict[str, Any], code: str, shopper: User
) -> None:
    lamp = variant()
    fill(shopper, {lamp.pk: 1})
    client = client_of(shopper)
    response = client.post(ORDERS, {"shipping_address": ADDRESS} | body)
    assert (response.status_code, response.json()["code"]) == (409, code)
    assert client.get("/api/orders/cart/").json()["data"]["units"] == 1
    assert (stock_of(lamp.pk), Order.objects.count()) == ((10, 0), 0)


@pytest.mark.usefixtures("tables")
def test_a_rate_that_changes_after_the_quote_refuses_the_expected_total(shopper: User) -> None:
    fill(shopper, {variant().pk: 1})
    total = quoted(shopper)["methods"][0]["total_amount"]
    TaxRate.objects.filter(tax_class="standard").update(rate=Decimal(20))
    response = client_of(shopper).post(ORDERS, {"shipping_address": ADDRESS, "expected_total": total})
    assert (response.status_code, response.json()["code"]) == (409, "price_changed")


@pytest.mark.usefixtures("tables")
def test_an_address_of_the_address_book_can_be_used_by_its_id(shopper: User) -> None:
    fill(shopper, {variant().pk: 1})
    client = client_of(shopper)
    saved = client.post("/api/accounts/addresses/", {**ADDRESS, "name": "Ada King"}).json()["data"]
    assert quoted(shopper, shipping_address_id=saved["id"])["state"] == "NY"
    order = client.post(ORDERS, {"shipping_address_id": saved["id"]}).json()["data"]
    assert order["shipping_address"] == {**ADDRESS, "country": "US", "name": "Ada King"}


@pytest.mark.parametrize("path", [QUOTE, ORDERS])
def test_another_customers_address_does_not_exist(path: str, shopper: User) -> None:
    theirs = client_of(customer()).post("/api/accounts/addresses/", ADDRESS).json()["data"]
    fill(shopper, {variant().pk: 1})
    response = client_of(shopper).post(path, {"shipping_address_id": theirs["id"]})
    assert (response.status_code, response.json()["code"]) == (404, "address_not_found")


@pytest.mark.parametrize("path", [QUOTE, ORDERS])
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "shipping_address"),
        ({"shipping_address": ADDRESS, "shipping_address_id": 1}, "shipping_address_id"),
        ({"shipping_address": {**ADDRESS, "postal_code": "ABCDE"}}, "shipping_address.postal_code"),
    ],
)
def test_exactly_one_valid_address_is_required(
    path: str, body: dict[str, Any], field: str, shopper: User
) -> None:
    response = client_of(shopper).post(path, body)
    assert (response.status_code, list(response.json()["details"])) == (400, [field])


def test_a_quote_needs_a_cart_that_can_be_ordered(shopper: User) -> None:
    client, body = client_of(shopper), {"shipping_address": ADDRESS}
    assert client.post(QUOTE, body).json()["code"] == "cart_empty"
    lamp = product()
    fill(shopper, {lamp.variants.get().pk: 1})
    Product.objects.update(is_active=False)
    response = client.post(QUOTE, body)
    assert (response.status_code, response.json()["code"]) == (409, "items_unavailable")
    assert response.json()["details"]["items"][0]["problem"] == "not_for_sale"


def test_a_guest_gets_a_quote_with_a_cart_token() -> None:
    guest = client_of()
    added = guest.post("/api/orders/cart/", {"variant_id": variant().pk}).json()["data"]
    body, headers = {"shipping_address": ADDRESS}, {"X-Cart-Token": added["cart_token"]}
    methods = guest.post(QUOTE, body, headers=headers).json()["data"]["methods"]
    assert [(method["code"], method["total_amount"]) for method in methods] == [("standard", "10.00")]
    refused = guest.post(QUOTE, {"shipping_address_id": 1}, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (404, "address_not_found")
    assert guest.post(QUOTE, body).status_code == 401
