"""Every error has the same envelope."""

import re
from uuid import UUID

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from tests.backend.shop import client_of, customer

UNAVAILABLE = "A part of the shop is not available right now; try again shortly."

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.backend.api.urls")]


@pytest.fixture
def client() -> APIClient:
    return APIClient(raise_request_exception=False)


@pytest.mark.parametrize(
    ("failure", "status", "code", "error", "details"),
    [
        ("domain", 409, "test_lamp_sold", "The lamp is sold.", {"lamp": 7}),
        ("engine", 503, "engine_unavailable", UNAVAILABLE, {"engine": "search"}),
        ("foreign_exception", 409, "test_lamp_sold", "The lamp is sold.", {"lamp": "dark"}),
        ("subclass_of_foreign_exception", 503, "engine_unavailable", UNAVAILABLE, {"engine": "lamps"}),
        ("invalid", 400, "invalid_input", "Invalid input.", {"price": ["Must not be negative."]}),
        (
            "invalid_as_a_whole",
            400,
            "invalid_input",
            "Invalid input.",
            {"non_field_errors": ["Both or neither."]},
        ),
        (
            "nested",
            400,
            "invalid_input",
            "Invalid input.",
            {
                "shipping_address.city": ["Required."],
                "shipping_address": ["No such place."],
                "items.0.quantity": ["Too many."],
                "tags.1.name": ["Empty."],
            },
        ),
        (
            "named",
            409,
            "test_lamp_sold",
            "The lamp is sold.",
            {"product": 7, "items": [{"variant": 8, "title": "Lamp"}]},
        ),
        ("missing", 404, "not_found", "Not found.", {}),
        ("forbidden", 403, "permission_denied", "You may not do this.", {}),
        ("fault", 500, "internal_error", "Something went wrong on our side.", {}),
    ],
)
def test_every_failure_has_the_same_shape(
    client: APIClient, failure: str, status: int, code: str, error: str, details: dict[str, object]
) -> None:
    response = client.get(f"/failing/{failure}/")
    body = response.json()
    assert response.status_code == status
    assert list(body) == ["error", "code", "details", "status", "timestamp", "request_id"]
    assert (body["error"], body["code"], body["details"], body["status"]) == (error, code, details, status)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", body["timestamp"])
    assert response.headers["X-Request-Id"] == body["request_id"] == str(UUID(body["request_id"]))


def test_an_unexpected_error_does_not_reveal_its_cause(client: APIClient) -> None:
    assert b"ZeroDivision" not in client.get("/failing/fault/").content


def test_an_unavailable_engine_is_a_503_with_retry_after(client: APIClient) -> None:
    assert client.get("/failing/engine/").headers["Retry-After"] == "5"


def test_the_response_to_a_throttled_request_has_the_time_to_wait(client: APIClient) -> None:
    response = client.get("/failing/throttled/")
    assert (response.status_code, response.headers["Retry-After"]) == (429, "8")
    assert (response.json()["code"], response.json()["details"]) == ("throttled", {"retry_after": 8})


def test_a_missing_token_is_a_401_with_a_challenge(client: APIClient) -> None:
    response = client.get("/api/orders/orders/")
    assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, 'Bearer realm="api"')
    assert response.json()["code"] == "not_authenticated"
    assert "Authorization: Bearer" in response.json()["error"]


def test_an_unknown_path_and_a_wrong_method_have_the_error_envelope(client: APIClient) -> None:
    unknown, wrong = client.get("/nowhere/").json(), client.patch("/failing/domain/").json()
    assert (unknown["code"], unknown["details"]) == ("not_found", {"path": "/nowhere/"})
    assert (wrong["status"], wrong["code"]) == (405, "method_not_allowed")
    assert wrong["details"] == {"allowed": ["GET", "HEAD", "OPTIONS"]}


def test_an_unknown_host_has_the_error_envelope(client: APIClient) -> None:
    response = client.get("/api/health/live/", headers={"Host": "elsewhere.example"})
    assert (response.status_code, response.json()["code"]) == (400, "bad_request")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "JSON parse error"),
        (b'{"quantity": NaN}', "JSON parse error"),
        ('{"name": "é"}'.encode("latin-1"), "JSON parse error"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"address": {"\\ud800": "x"}}', "half of a surrogate pair"),
        (b'["\\udc00"]', "half of a surrogate pair"),
        (b'{"quantity": 1, "quantity": 2}', "the same key twice"),
        (b'{"quantity": 1, "qu\\u0061ntity": 1}', "the same key twice"),
        (b'[{"a": {"b": 1, "c": 2, "b": 3}}]', "the same key twice"),
        (b"{%s}" % b",".join(b'"%d": 1' % number for number in range(1_001)), "more than 1000 keys"),
        (b'\xef\xbb\xbf{"quantity": 1}', "JSON parse error"),
    ],
)
def test_a_body_that_is_not_json_is_a_bad_request(client: APIClient, body: bytes, message: str) -> None:
    response = client.post("/body/", data=body, content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (400, "parse_error")
    assert message in response.json()["error"]


def test_a_body_of_another_type_is_refused(client: APIClient) -> None:
    response = client.post("/body/", data=b"city=Bern", content_type="text/plain")
    assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")
    assert response.json()["details"] == {"allowed": ["application/json"]}


def test_a_response_in_another_media_type_is_not_acceptable(client: APIClient) -> None:
    response = client.get("/parameters/", headers={"Accept": "image/png"})
    assert (response.status_code, response.json()["code"]) == (406, "not_acceptable")
    assert response.json()["details"] == {"allowed": ["application/json"]}


def test_a_body_that_is_too_large_is_refused_with_the_limit(client: APIClient, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000
    response = client.post("/body/", data=b'{"city": "%s"}' % (b"x" * 1_000), content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (413, "body_too_large")
    assert response.json()["details"] == {"max_bytes": 1_000}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/orders/cart/", {"product_id": 10**30}),
        ("/api/orders/cart/", {"variant_id": 2**63}),
        ("/api/products/?seller=9999999999999999999999", None),
    ],
)
def test_an_id_beyond_every_integer_column_is_a_bad_request(path: str, body: object) -> None:
    client = client_of(customer())
    response = client.get(path) if body is None else client.post(path, body)
    assert response.status_code == 400


@pytest.mark.parametrize(
    "path", ["/api/orders/orders/{}/", "/api/products/{}/", "/api/products/{}/variants/"]
)
def test_an_id_in_a_path_beyond_every_integer_column_is_not_found(path: str) -> None:
    assert client_of(customer()).get(path.format("9" * 30)).status_code == 404
