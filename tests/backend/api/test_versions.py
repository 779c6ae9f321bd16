"""A request may name a version of the API; operations that end say so."""

from datetime import date

import pytest
from django.test import override_settings
from django.urls import path as route
from drf_spectacular.generators import SchemaGenerator

from backend.api.versions import Deprecation
from tests.backend.api.urls import Deprecated
from tests.backend.shop import client_of


@pytest.mark.parametrize("headers", [{}, {"Vitrine-Version": "1"}], ids=["none", "1"])
@pytest.mark.parametrize("path", ["/api/health/live/", "/api/nothing/", "/accounts/login/"])
def test_a_response_names_its_version(path: str, headers: dict[str, str]) -> None:
    response = client_of().get(path, headers=headers)
    assert response.headers["Vitrine-Version"] == "1"
    assert "Vitrine-Version" in response.headers["Vary"]
    assert "Deprecation" not in response.headers


@pytest.mark.parametrize("version", ["2", "v1", "", "1,1", "x" * 500])
def test_an_unknown_version_is_refused(version: str) -> None:
    response = client_of().get("/api/health/live/", headers={"Vitrine-Version": version})
    body = response.json()
    assert (response.status_code, body["code"]) == (400, "api_version_unknown")
    assert body["details"] == {"version": version[:40], "supported": ["1"]}
    assert response.headers["X-Request-Id"]


def test_pages_that_are_not_the_api_have_no_version() -> None:
    response = client_of().get("/media/nothing.webp", headers={"Vitrine-Version": "2"})
    assert response.status_code == 404
    assert "Vitrine-Version" not in response.headers


def test_pages_of_other_origins_may_send_and_read_the_header() -> None:
    with override_settings(CORS_ALLOWED_ORIGINS=["https://shop.example"]):
        asked = client_of().options(
            "/api/health/live/",
            headers={"Origin": "https://shop.example", "Access-Control-Request-Method": "GET"},
        )
        response = client_of().get("/api/health/live/", headers={"Origin": "https://shop.example"})
    assert "vitrine-version" in asked.headers["Access-Control-Allow-Headers"]
    assert {"Vitrine-Version", "Deprecation", "Sunset"} <= set(
        response.headers["Access-Control-Expose-Headers"].split(", ")
    )


@pytest.mark.urls("tests.backend.api.urls")
@pytest.mark.parametrize(("query", "status"), [("", 200), ("?page=x", 400)], ids=["success", "error"])
@pytest.mark.parametrize("method", ["get", "head"])
def test_responses_of_a_deprecated_operation_say_so(method: str, query: str, status: int) -> None:
    response = getattr(client_of(), method)(f"/api/deprecated/{query}")
    assert response.status_code == status
    # 2026-01-01 and 2026-12-31.
    assert response.headers["Deprecation"] == "@1767225600"
    assert response.headers["Sunset"] == "Thu, 31 Dec 2026 00:00:00 GMT"
    own = '</lamps/>; rel="next", ' if status == 200 else ""
    assert response.headers["Link"] == f'{own}</news/>; rel="deprecation"; type="text/html"'


def test_a_deprecated_operation_is_marked_in_the_document() -> None:
    patterns = [route("api/deprecated/", Deprecated.as_view())]
    generator = SchemaGenerator(patterns=patterns)  # type: ignore[no-untyped-call]
    document = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    operation = document["paths"]["/api/deprecated/"]["get"]
    assert (operation["deprecated"], operation["x-sunset"]) == (True, "2026-12-31")


def test_a_sunset_that_comes_too_early_is_refused() -> None:
    Deprecation(since=date(2026, 1, 1), sunset=date(2026, 6, 30))
    with pytest.raises(ValueError, match="at least 180 days"):
        Deprecation(since=date(2026, 1, 1), sunset=date(2026, 6, 29))
