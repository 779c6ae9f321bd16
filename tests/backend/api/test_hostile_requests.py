"""Hostile headers, paths and bodies cause no 500, no redirect to another site and no access to files."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.converters import IntConverter
from pytest_django import Settings
from rest_framework.test import APIClient

from backend.notifications.links import unsubscribe_url
from backend.notifications.models import NotificationKind
from tests.backend.api.roles.endpoints import DASHBOARD
from tests.backend.shop import client_of, customer, product, staff

pytestmark = pytest.mark.django_db

HOSTILE = ["", "\0", "a\tb", "\xe9\xff", "NaN", "9" * 400, "x" * 7_000, "[" * 3_000, ";,"]
HEADERS = {
    "Accept": ["*/*;q=x", "a/b/c", "text/html", "application/json; version=9", "*", "application/*"],
    "Accept-Encoding": ["gzip;q=x"],
    "Accept-Language": ["xx-" * 50],
    "Authorization": ["Bearer", "Bearer ", "Bearer a.b.c", "Basic Zm9v", "bearer\tx"],
    "Content-Type": [
        "application/json; charset=nonsense",
        "application/json; charset",
        "multipart/form-data",
        "/",
    ],
    "Cookie": ["a", "=;=", "sessionid=\\"],
    "Host": [],
    "Idempotency-Key": ["k" * 256],
    "If-Modified-Since": ["yesterday"],
    "If-None-Match": ["*", '"'],
    "Origin": ["null", "https://"],
    "Range": ["bytes=0-0", "bytes=x", "lines=1-"],
    "X-Anonymous-Id": ["00000000-0000-0000-0000-000000000000", "{" + "1" * 32 + "}", "1" * 33],
    "X-Forwarded-For": ["1.2.3.4, x", "::1"],
    "X-Request-Id": ["x" * 300],
}
REQUESTS: list[tuple[str, str, Any]] = [
    ("get", "/api/products/", None),
    ("post", "/api/orders/orders/", {}),
    ("post", "/accounts/token-refresh/", {"refresh_token": "none"}),
]


@pytest.mark.parametrize("name", HEADERS)
def test_no_header_causes_a_server_error(name: str) -> None:
    client = client_of(customer())
    client.raise_request_exception = False
    for value in HEADERS[name] + HOSTILE:
        for method, path, body in REQUESTS:
            response = getattr(client, method)(path, body, headers={name: value})
            assert response.status_code < 500, (method, path, name, value)
            if response.status_code >= 400:
                assert response.json()["code"], (method, path, name, value)


@pytest.mark.parametrize("length", ["abc", "-1", "9" * 30, "1.5", "\0"])
def test_no_content_length_causes_a_server_error(length: str) -> None:
    client = APIClient(raise_request_exception=False)
    for path in ("/accounts/token-refresh/", "/api/events/"):
        response = client.generic("POST", path, "{}", CONTENT_LENGTH=length)
        assert response.status_code in {400, 413, 415}, path


def numbered_paths(patterns: Any = None, prefix: str = "/") -> Iterator[str]:
    """Yield each path of the API with an integer parameter, with {} for the parameter."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from numbered_paths(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern) and pattern.pattern.converters:
            for name, converter in pattern.pattern.converters.items():
                if isinstance(converter, IntConverter):
                    path = path.replace(f"<int:{name}>", "{}")
            if "{}" in path and "<" not in path and not path.startswith(DASHBOARD):
                yield path


@pytest.mark.parametrize("number", [0, 2**63 - 1, 2**63, 10**30])
def test_an_id_that_no_row_has_is_not_found_on_every_path(number: int) -> None:
    client = client_of(staff())
    client.raise_request_exception = False
    paths = list(numbered_paths())
    assert len(paths) > 8
    for path in paths:
        for method in ("get", "post", "put", "patch", "delete"):
            body = {"quantity": 1, "items": [{"item_id": 1, "quantity": 1}]} if method != "get" else None
            response = getattr(client, method)(path.replace("{}", str(number)), body)
            assert response.status_code in {400, 404, 405}, (method, path, number, response.content)


OVERRIDES = ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"]


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "PUT"])
def test_no_header_or_field_overrides_the_method(method: str) -> None:
    user = customer(first_name="Ann")
    client = client_of(user)
    for name in OVERRIDES:
        assert client.get("/accounts/me/", headers={name: method}).status_code == 200
        refused = client.post("/accounts/me/", {"first_name": "Eve"}, headers={name: method})
        assert refused.status_code == 405, name
    assert client.post("/accounts/me/", {"_method": method, "first_name": "Eve"}).status_code == 405
    user.refresh_from_db()
    assert user.first_name == "Ann"


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "X"])
def test_other_methods_are_not_allowed(method: str) -> None:
    response = client_of(customer()).generic(method, "/accounts/me/")
    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")


FOREIGN_HOSTS = [
    {"X-Forwarded-Host": "evil.example"},
    {"X-Host": "evil.example"},
    {"Forwarded": "host=evil.example;proto=http"},
    {"X-Original-URL": "/accounts/me/"},
    {"X-Rewrite-URL": "/accounts/me/"},
]


@pytest.mark.parametrize("headers", FOREIGN_HOSTS, ids=lambda headers: next(iter(headers)))
def test_links_have_the_shops_own_host(headers: dict[str, str]) -> None:
    for title in ("A lamp", "A vase"):
        product(title)
    page = client_of().get("/api/products/?page_size=1", headers=headers).json()
    assert page["next"] == "http://testserver/api/products/?page=2&page_size=1"


@pytest.mark.parametrize(
    "host",
    ["evil.example", "testserver:80@evil.example", "testserver.evil.example", "testserver, evil.example"],
)
def test_a_foreign_host_is_refused(host: str) -> None:
    for path in ("/api/products/", "/accounts/forgot-password/"):
        response = client_of().post(path, {"phone": "+16502530000"}, headers={"Host": host})
        assert (response.status_code, response.json()["code"]) == (400, "bad_request")
        assert "Location" not in response


def test_links_in_messages_come_from_the_settings(settings: Settings) -> None:
    settings.PUBLIC_URL = "https://shop.example"
    link = unsubscribe_url(customer().pk, kind=NotificationKind.BACK_IN_STOCK)
    assert link.startswith("https://shop.example/api/notifications/unsubscribe/")


REDIRECTS = [
    "//evil.example",
    "//evil.example/api/products",
    "///evil.example/%2e%2e",
    "/\\evil.example",
    "/%5Cevil.example",
    "/%09/evil.example",
    "/https:evil.example",
    "/api/products?next=https://evil.example",
    "/api/products%0d%0aSet-Cookie:%20a=b",
    "/api/products%0aLocation:%20//evil.example/",
    "/api/products\u2028x",
]


@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("path", REDIRECTS)
def test_no_request_is_redirected_to_another_site(path: str, secure: bool, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    response = APIClient(raise_request_exception=False).get(path, secure=secure)
    location = urlsplit(response.get("Location", ""))
    assert response.status_code in (301, 404)
    assert location.netloc in ("", "testserver")
    assert not location.path.startswith("//") or location.netloc
    assert not response.cookies
    assert not any(character in f"{response.items()}" for character in "\r\n")


STOLEN = ["db.sqlite3", "settings.py", "backend/config/settings.py", ".env", "etc/passwd", "supervisord.conf"]
UP = [
    "../",
    "../../../../../",
    "..%2f..%2f",
    "%2e%2e/",
    "....//",
    "..\\..\\",
    "..%5c",
    "%252e%252e%252f",
    "/",
    "%00/",
    "products/1/../../",
]


@pytest.mark.parametrize("up", UP)
@pytest.mark.parametrize("root", ["/media/", "/static/"])
def test_no_path_leads_out_of_the_folder_of_files(root: str, up: str) -> None:
    client = APIClient(raise_request_exception=False)
    for name in STOLEN:
        response = client.get(f"{root}{up}{name}")
        assert response.status_code == 404, (root, up, name)


@pytest.mark.parametrize("name", ["sales%0d%0aX: y", 'sales"; filename="x.exe', "../sales", "sales%00"])
def test_no_text_of_a_request_becomes_the_name_of_a_file(name: str) -> None:
    response = client_of(staff()).get(f"/api/analytics/reports/{name}/", {"format": "csv"})
    # Without a warehouse, no report is looked up.
    assert response.status_code in (404, 503)
    assert response["Content-Disposition"] == 'attachment; filename="api.json"'
