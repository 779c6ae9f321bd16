"""Every response has the headers that limit what browsers and caches do with it."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from pytest_django import Settings
from rest_framework.test import APIClient

from backend.api.security_headers import DATA_POLICY
from backend.config.urls import handler404, handler500
from backend.config.urls import urlpatterns as shop_urls
from backend.notifications.links import unsubscribe_url
from backend.notifications.models import NotificationKind
from backend.orders.shipments import ship_all
from tests.backend.invoices.orders import BY, issued
from tests.backend.orders.steps import order_of
from tests.backend.shop import NOW, client_of, customer, staff, variant

__all__ = ["handler404", "handler500", "urlpatterns"]
pytestmark = pytest.mark.django_db

DOCUMENTATION = ["/api/schema/swagger-ui/", "/api/schema/redoc/"]


def form(request: HttpRequest) -> HttpResponse:
    """Stand for a page that changes something with a cookie as its only credential."""
    return HttpResponse("Changed.")


urlpatterns = [*shop_urls, path("admin/form/", form)]


def personal_pages() -> Iterator[Any]:
    """Yield the responses of all pages with personal data."""
    buyer = customer()
    order = order_of(buyer, {variant().pk: 1})
    ship_all(order.pk, by=BY, now=NOW)
    shipment = order.shipments.get()
    (invoice,) = issued(order)
    yield client_of(buyer).get(f"/api/orders/invoices/{invoice.number}/", {"format": "html"})
    yield client_of(staff()).get(f"/api/orders/shipments/{shipment.pk}/packing-slip/")
    link = unsubscribe_url(buyer.pk, kind=NotificationKind.BACK_IN_STOCK)
    yield client_of().get(re.sub("https?://[^/]+", "", link))


class Inline(HTMLParser):
    """Collects what a Content-Security-Policy calls inline."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.nonces: list[str | None] = []
        self.attributes: list[str] = []
        self.addresses: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.attributes += [name for name in values if name == "style" or name.startswith("on")]
        self.addresses += [values[name] or "" for name in ("src", "href") if name in values]
        if tag in ("script", "style") and "src" not in values:
            self.nonces.append(values.get("nonce"))


def test_pages_with_personal_data_allow_only_their_own_styles() -> None:
    for page in personal_pages():
        policy, inline = page["Content-Security-Policy"], Inline(page.content.decode())
        (nonce,) = re.findall(r"style-src 'nonce-([\w+/=]{22,})'", policy)
        assert set(inline.nonces) == {nonce}
        assert inline.attributes == []
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "script" not in policy
        assert (page["Cache-Control"], page["Referrer-Policy"]) == ("no-store", "no-referrer")


def test_a_nonce_is_used_once() -> None:
    policies = {client_of().get(DOCUMENTATION[0])["Content-Security-Policy"] for _ in range(3)}
    assert len(policies) == 3


@pytest.mark.parametrize("address", DOCUMENTATION)
def test_the_documentation_runs_only_scripts_of_the_shop(address: str) -> None:
    page = client_of().get(address)
    text = page.content.decode()
    directives = dict(part.partition(" ")[::2] for part in page["Content-Security-Policy"].split("; "))
    scripts = directives["script-src"].split()
    assert scripts[0] == "'self'"
    assert set(scripts) <= {"'self'", *re.findall(r"'nonce-[^']+'", directives["script-src"])}
    assert (directives["default-src"], directives["frame-ancestors"]) == ("'none'", "'none'")
    assert re.findall(r"<script(?![^>]* (?:src|nonce)=)", text) == []
    assert [found for found in Inline(text).addresses if not found.startswith("/static/")] == []
    assert not page.cookies


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("get", "/api/products/", 200),
        ("get", "/accounts/me/", 401),
        ("get", "/nowhere/", 404),
        ("get", "/media/products/x.html", 404),
        ("post", "/accounts/login/", 400),
        ("put", "/api/categories/1/", 401),
        ("get", "/api/health/live/", 200),
    ],
)
def test_a_browser_neither_shows_nor_frames_nor_guesses_the_type_of_data(
    method: str, address: str, status: int, settings: Settings
) -> None:
    settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = 31_536_000, True
    response = getattr(client_of(), method)(address, secure=True)
    assert response.status_code == status
    assert response["Content-Type"] == "application/json"
    expected = {
        "Content-Security-Policy": DATA_POLICY,
        "Content-Disposition": 'attachment; filename="api.json"',
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    }
    assert {name: response.get(name) for name in expected} == expected
    assert "geolocation=()" in response["Permissions-Policy"]


@pytest.mark.parametrize(
    ("method", "address", "headers", "stored"),
    [
        ("get", "/api/products/", {}, True),
        ("get", "/api/categories/", {}, True),
        ("get", "/api/products/", {"Authorization": "Bearer x"}, False),
        ("get", "/api/products/", {"Cookie": "a=b"}, False),
        ("get", "/api/products/", {"X-Cart-Token": "a" * 43}, False),
        ("get", "/api/products/", {"X-Anonymous-Id": "0195568f-1e00-7c3a-8d7f-9a1b2c3d4e5f"}, False),
        ("post", "/api/products/", {}, False),
        ("get", "/api/orders/cart/", {"X-Cart-Token": "a" * 43}, False),
        ("post", "/accounts/login/", {}, False),
        ("post", "/accounts/register/", {}, False),
        ("post", "/accounts/forgot-password/", {}, False),
        ("post", "/accounts/verify-otp/", {}, False),
        ("post", "/accounts/reset-password/", {}, False),
        ("post", "/accounts/token-refresh/", {}, False),
        ("get", "/api/accounts/sessions/", {}, False),
        ("get", "/accounts/me/", {}, False),
        ("get", "/nowhere/", {}, False),
    ],
)
def test_caches_store_only_responses_that_are_the_same_for_everybody(
    method: str, address: str, headers: dict[str, str], stored: bool
) -> None:
    response = getattr(client_of(), method)(address, headers=headers)
    assert (response.get("Cache-Control") != "no-store") is stored


@pytest.mark.urls("tests.backend.api.test_security_headers")
def test_a_form_of_another_site_changes_nothing_with_a_cookie() -> None:
    browser = Client(enforce_csrf_checks=True)
    refused = browser.post("/admin/form/", {}, headers={"Origin": "https://evil.example"})
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    assert browser.post("/admin/form/").status_code == 403


@pytest.mark.parametrize(
    "media_type", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"]
)
@pytest.mark.parametrize("address", ["/accounts/login/", "/accounts/register/", "/accounts/reset-password/"])
def test_no_form_can_log_in_or_reset_a_password(address: str, media_type: str) -> None:
    """A page of another site can send these types without asking the shop, but never JSON."""
    client = APIClient(enforce_csrf_checks=True)
    client.cookies["reset_token"] = "x"
    body = '{"phone": "+16502530000", "password": "a-lamp-and-a-chair"}'
    response = client.post(address, body, content_type=media_type)
    assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://shop.example.evil.example"])
def test_a_browser_refuses_json_of_another_site(origin: str, settings: Settings) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://shop.example"]
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    preflight = client_of().options("/accounts/reset-password/", headers=asked)
    assert "Access-Control-Allow-Origin" not in preflight
    read = client_of().get("/api/products/", headers={"Origin": origin})
    assert "Access-Control-Allow-Origin" not in read
    own = client_of().get("/api/products/", headers={"Origin": "https://shop.example"})
    assert own["Access-Control-Allow-Origin"] == "https://shop.example"
    assert "Access-Control-Allow-Credentials" not in own
