"""Hostile headers, paths and bodies never cause a 500."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.converters import IntConverter
from rest_framework.test import APIClient

from tests.backend.shop import client_of, customer, staff

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
    """Yield each path with an integer parameter, with {} for the parameter."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from numbered_paths(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern) and pattern.pattern.converters:
            for name, converter in pattern.pattern.converters.items():
                if isinstance(converter, IntConverter):
                    path = path.replace(f"<int:{name}>", "{}")
            if "{}" in path and "<" not in path:
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
