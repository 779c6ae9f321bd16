"""Requests are counted by route, so that there are few series however many products there are."""

import pytest
from rest_framework.test import APIClient

pytestmark = pytest.mark.django_db


def shown() -> dict[str, float]:
    answer = APIClient().get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain")
    lines = answer.content.decode().splitlines()
    return {
        name: float(value)
        for name, value in (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    }


def test_a_request_is_counted_by_route_and_outcome() -> None:
    name = 'vitrine_http_requests_total{method="GET",route="api/products/<int:product_id>/",status="404"}'
    before = shown().get(name, 0)
    for product_id in (987_654, 987_655):
        assert APIClient().get(f"/api/products/{product_id}/").status_code == 404
    after = shown()
    assert after[name] == before + 2
    assert (
        after['vitrine_http_request_seconds_count{method="GET",route="api/products/<int:product_id>/"}'] >= 2
    )


def test_what_nobody_knows_makes_no_series_of_its_own() -> None:
    APIClient().get("/a-secret-path/")
    APIClient().generic("BREW", "/a-secret-path/")
    names = shown()
    assert not any("secret" in name or "BREW" in name for name in names)
    assert any('method="other",route="unknown"' in name for name in names)
