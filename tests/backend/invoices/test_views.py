"""Endpoints of invoices and packing slips: formats, and who may see them."""

from typing import Any, NamedTuple

import pytest
from rest_framework.test import APIClient

from backend.accounts.models import User
from backend.api.owners import guest_with
from backend.orders.cancellation import cancel_units
from backend.orders.models import Order
from backend.orders.shipments import ship_all
from tests.backend.invoices.orders import BY, issued
from tests.backend.orders.steps import order_of
from tests.backend.shop import NOW, client_of, customer, product, seller, staff

pytestmark = pytest.mark.django_db

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


class Shop(NamedTuple):
    """An order of two sellers' products, shipped in a parcel for each, with its invoice."""

    buyer: User
    sellers: tuple[User, User]
    order: Order
    number: str


@pytest.fixture
def shop() -> Shop:
    buyer, sellers = customer(first_name="Ada", last_name="Byron"), (seller(), seller())
    lamps = [product(f"Lamp {index}", sold_by=each).variants.get() for index, each in enumerate(sellers)]
    order = order_of(buyer, {lamp.pk: 2 for lamp in lamps})
    ship_all(order.pk, by=BY, now=NOW)
    (invoice,) = issued(order)
    return Shop(buyer=buyer, sellers=sellers, order=order, number=invoice.number)


def invoice(client: APIClient, number: str, **options: Any) -> Any:
    return client.get(f"/api/orders/invoices/{number}/", **options)


def test_the_documents_of_an_order_are_listed_oldest_first() -> None:
    buyer = customer()
    order = order_of(buyer, {product().variants.get().pk: 1})
    path = f"/api/orders/orders/{order.pk}/invoices/"
    assert client_of(buyer).get(path).json()["data"] == []

    cancel_units(order.pk, by=BY, now=NOW)
    issued(order)

    found = client_of(buyer).get(path).json()["data"]
    assert [(row["number"], row["kind"], row["invoice_number"]) for row in found] == [
        ("INV-2026-000001", "INVOICE", None),
        ("CN-2026-000001", "CREDIT_NOTE", "INV-2026-000001"),
    ]
    assert {row["total_amount"] for row in found} == {"10.00"}
    assert {row["order_number"] for row in found} == {order.order_number}


def test_an_invoice_is_data_by_default_and_a_page_for_browsers(shop: Shop) -> None:
    client = client_of(shop.buyer)

    data = invoice(client, shop.number).json()["data"]
    assert (data["number"], data["buyer"]["name"]) == (shop.number, "Ada Byron")
    assert [(line["title"], line["quantity"], line["amount"]) for line in data["lines"]] == [
        ("Lamp 0", 2, "20.00"),
        ("Lamp 1", 2, "20.00"),
    ]
    for options in ({"data": {"format": "html"}}, {"headers": {"Accept": BROWSER}}):
        page = invoice(client, shop.number, **options)
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        assert page.headers["Cache-Control"] == "no-store"
        assert f"Invoice {shop.number}" in page.content.decode()
    refused = invoice(client, shop.number, data={"format": "docx"})
    assert (refused.status_code, list(refused.json()["details"])) == (400, ["format"])


def test_an_invoice_is_shown_to_its_buyer_and_to_staff_only(shop: Shop) -> None:
    path = f"/api/orders/orders/{shop.order.pk}/invoices/"
    for user in (shop.buyer, staff()):
        assert client_of(user).get(path).status_code == 200
        assert invoice(client_of(user), shop.number).status_code == 200
    for user in (customer(), shop.sellers[0]):
        assert client_of(user).get(path).json()["code"] == "order_not_found"
        assert invoice(client_of(user), shop.number).json()["code"] == "invoice_not_found"
    assert invoice(client_of(), shop.number).json()["code"] == "not_authenticated"
    assert invoice(client_of(staff()), "INV-2026-999999").json()["code"] == "invoice_not_found"
    assert client_of(staff()).get(f"/api/orders/orders/{2**63}/invoices/").status_code == 404


def test_a_guest_sees_invoices_of_orders_placed_with_the_same_cart_token(shop: Shop) -> None:
    token, other = "a" * 43, "b" * 43
    Order.objects.filter(pk=shop.order.pk).update(user=None, guest=guest_with(token).guest)

    def status(cart_token: str) -> int:
        return int(invoice(client_of(), shop.number, headers={"X-Cart-Token": cart_token}).status_code)

    assert (status(token), status(other)) == (200, 404)


def test_a_packing_slip_is_for_the_seller_of_the_parcel_and_for_staff(shop: Shop) -> None:
    first, second = shop.order.shipments.order_by("pk")
    path = f"/api/orders/shipments/{first.pk}/packing-slip/"
    own, other = sorted(shop.sellers, key=lambda user: user.pk != first.seller_id)

    for user in (own, staff()):
        page = client_of(user).get(path)
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        assert first.number in page.content.decode()
        assert second.number not in page.content.decode()
    assert client_of(other).get(path).json()["code"] == "shipment_not_found"
    assert client_of(shop.buyer).get(path).json()["code"] == "permission_denied"
    assert client_of().get(path).status_code == 401
    assert client_of(staff()).get(f"/api/orders/shipments/{2**63}/packing-slip/").status_code == 404


def test_a_packing_slip_has_the_address_and_the_units_but_no_prices(shop: Shop) -> None:
    parcel = shop.order.shipments.order_by("pk").first()
    assert parcel is not None

    text = client_of(staff()).get(f"/api/orders/shipments/{parcel.pk}/packing-slip/").content.decode()

    body = text.split("<body>")[1]
    for expected in (
        "Ada Byron",
        "123 Main St",
        "New York, NY 10001",
        parcel.items.get().item.product_snapshot["sku"],
    ):
        assert expected in body
    assert "10.00" not in body
    assert "20.00" not in body
    assert "USD" not in body


@pytest.mark.pango
def test_documents_are_shown_as_pdfs(shop: Shop) -> None:
    parcel = shop.order.shipments.order_by("pk").first()
    assert parcel is not None
    invoices, slips = (
        f"/api/orders/invoices/{shop.number}/",
        f"/api/orders/shipments/{parcel.pk}/packing-slip/",
    )
    cases: list[tuple[str, str, dict[str, Any]]] = [
        (invoices, shop.number, {"headers": {"Accept": "application/pdf"}}),
        (slips, parcel.number, {"data": {"format": "pdf"}}),
    ]
    for path, name, options in cases:
        response = client_of(staff()).get(path, **options)
        assert response.headers["Content-Type"] == "application/pdf"
        assert response.headers["Content-Disposition"] == f'inline; filename="{name}.pdf"'
        assert response.content.startswith(b"%PDF-")
