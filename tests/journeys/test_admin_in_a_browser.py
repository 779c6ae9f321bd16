"""Staff use the admin in a real browser, with the keyboard only, on a desktop and on a phone."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from backend.accounts.areas import StaffArea
from tests.backend.accounts.second_factor.chromium import AUTHENTICATOR
from tests.journeys.conftest import log_in
from tests.services.chromium import Page, browser
from tests.services.shop import Shop
from tests.services.waiting import wait_until

pytestmark = [pytest.mark.stores, pytest.mark.browser, pytest.mark.once]

ADDRESS = {"street": "123 Main St", "city": "New York", "postal_code": "10001", "country": "USA"}
ENROLMENT = "/admin/second-factor/"
DESKTOP, PHONE = (1440, 900), (390, 844)


def account(shop: Shop, *, user_type: str) -> str:
    """Register an account; return its access token."""
    phone, password = f"+1212556{uuid4().int % 10_000:04}", "securepassword123"
    fields = {"phone": phone, "password": password, "user_type": user_type, "first_name": "Ann"}
    assert shop.post("/accounts/register/", fields)[0] == 201
    return log_in(shop, phone=phone, password=password)


def a_product(shop: Shop, *, word: str) -> int:
    """Create a product with stock; return its id."""
    token = account(shop, user_type="SELLER")
    body = {
        "title": f"{word} stool",
        "category": "Electronics > Lighting",
        "price": "49.00",
        "variants": [{"sku": word.upper()}],
    }
    status, created = shop.post("/api/products/", body, token=token)
    assert status == 201, created
    product = created["data"]
    entry = {"product": product["id"], "transaction_type": "IN", "quantity": 5}
    status, recorded = shop.post("/api/products/inventory/transactions/", entry, token=token)
    assert status == 201, recorded
    return int(product["id"])


def an_order(shop: Shop, *, product: int) -> Any:
    """Order a unit of the product; return the order."""
    token = account(shop, user_type="CUSTOMER")
    assert shop.post("/api/orders/cart/", {"product_id": product, "quantity": 1}, token=token)[0] == 201
    status, placed = shop.post("/api/orders/orders/", {"shipping_address": ADDRESS}, token=token)
    assert status == 201, placed
    return placed["data"]


def a_member_of_staff(shop: Shop, *, token: str) -> tuple[str, str]:
    """Give a new account all areas; return its phone and its password."""
    phone, password = f"+1212557{uuid4().int % 10_000:04}", "securepassword123"
    assert shop.post("/accounts/register/", {"phone": phone, "password": password})[0] == 201
    body = {"phone": phone, "areas": list(StaffArea)}
    status, added = shop.post("/api/accounts/staff/", body, token=token)
    assert status == 201, added
    return phone, password


def show_and_hide_the_password(tab: Page) -> None:
    """Press the button that shows the password, twice; the focus is on the password again then."""
    for shown in ("text", "password"):
        tab.tab_to("button[aria-label='Show password']")
        tab.press("Enter")
        tab.wait_for(f"document.querySelector('#id_password').type === '{shown}'")
    tab.tab_to("#id_password")


def log_in_with_a_passkey(tab: Page, *, site: str, member: tuple[str, str]) -> None:
    """Set up a passkey at the first login, log out, and log in with it."""
    tab.call("WebAuthn.enable")
    tab.call("WebAuthn.addVirtualAuthenticator", options=AUTHENTICATOR)
    tab.open(f"{site}/admin/")
    tab.enter("#id_phone", member[0])
    tab.enter("#id_password", member[1])
    show_and_hide_the_password(tab)
    tab.submit(to=ENROLMENT)
    tab.enter("#id_password", member[1])
    tab.tab_to("button[value=passkey]")
    tab.submit(to=ENROLMENT)
    tab.enter("#id_name", "Laptop")
    tab.submit(to=ENROLMENT)
    assert "Keep these recovery codes" in tab.text
    tab.tab_to("a[href='/admin/']")
    tab.submit(to="/admin/")
    tab.tab_to("form[action='/admin/logout/'] button")
    tab.submit(to="/admin/login/")
    tab.enter("#id_phone", member[0])
    tab.enter("#id_password", member[1])
    tab.submit(to="/admin/login/")
    tab.tab_to("[data-passkey=get]")
    tab.submit(to="/admin/")


def test_staff_change_a_price_and_ship_an_order_with_the_keyboard(
    shop: Shop, staff: str, tmp_path: Path
) -> None:
    word = f"zebrano{uuid4().hex[:6]}"
    product = a_product(shop, word=word)
    order = an_order(shop, product=product)
    member = a_member_of_staff(shop, token=staff)
    # Browsers accept no passkeys for an IP address.
    site = f"http://localhost:{shop.port}"
    admin, page = "/admin/", f"/admin/catalog/product/{product}/change/"
    order_page = f"/admin/orders/order/{order['id']}/"

    with browser(tmp_path) as tab:
        tab.resize(*DESKTOP)
        log_in_with_a_passkey(tab, site=site, member=member)
        assert "Sales of 30 days" in tab.text

        tab.open(f"{site}{page}")
        tab.enter("#id_price", "57.00")
        tab.submit(to="/admin/catalog/product/")

        def price_found() -> bool:
            found = shop.get(f"/api/search/?q={word}")[1]["results"]
            return [each["price"] for each in found] == ["57.00"]

        wait_until(price_found, what="search finds the new price")

        tab.open(f"{site}{order_page}change/")
        tab.tab_to(f"a[href$='{order_page}ship-all/']")
        tab.submit(to=f"{order_page}ship-all/")
        tab.enter("#id_note", "Sent with the admin.")
        tab.submit(to=f"{order_page}change/")
        assert "Everything is shipped." in tab.text
        assert "Sent with the admin." in tab.text

        lists = (
            "orders/order/",
            "catalog/product/",
            "catalog/variant/",
            "accounts/user/",
            "audit/auditentry/",
        )
        for name, size in (("desktop", DESKTOP), ("phone", PHONE)):
            tab.resize(*size)
            for path in (admin, page, f"{order_page}change/", *(f"{admin}{each}" for each in lists)):
                tab.open(f"{site}{path}")
                tab.picture(tmp_path / f"{name}-{path.strip('/').replace('/', '-')}.png")
                assert tab.overflow <= 0, (name, path)
        assert tab.faults == [], tab.faults
