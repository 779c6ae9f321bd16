"""The request log has a line for each request, with its duration and its database queries."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from django.db import connection
from django.db.utils import DatabaseError
from prometheus_client import REGISTRY
from pytest_django import Settings
from rest_framework.test import APIClient

from backend.api import database_queries
from backend.api.database_queries import counted_queries
from backend.catalog.models import Product
from tests.backend.shop import product, seller

pytestmark = pytest.mark.django_db
ROUTE = "api/products/<int:product_id>/"


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0


@pytest.fixture(autouse=True)
def _is_measured() -> None:
    # The connection of the tests was opened before this module, but as every other.
    assert database_queries.measured in connection.execute_wrappers


@pytest.fixture
def lines() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as captured:
        yield captured


def test_a_request_is_one_line_with_its_endpoint_its_duration_and_its_queries(lines: list[Any]) -> None:
    lamp = product(sold_by=seller())
    with counted_queries() as expected:
        APIClient().get(f"/api/products/{lamp.pk}/")
    lines.clear()
    before = counted("vitrine_http_queries_total", method="GET", route=ROUTE)

    begun = time.perf_counter()
    response = APIClient(headers={"User-Agent": "lamp/1"}).get(f"/api/products/{lamp.pk}/?token=hidden")
    took = (time.perf_counter() - begun) * 1_000

    [line] = lines
    assert {name: line[name] for name in ("event", "route", "endpoint", "code", "user_agent", "request")} == {
        "event": "request_finished",
        "route": ROUTE,
        "endpoint": "product",
        "code": response.status_code,
        "user_agent": "lamp/1",
        "request": f"GET /api/products/{lamp.pk}/?token",
    }
    assert line["request_id"] == response["X-Request-Id"]
    assert 0 < line["queries_ms"] < line["duration_ms"] < took
    assert line["queries"] > 0
    after = counted("vitrine_http_queries_total", method="GET", route=ROUTE)
    assert after - before == line["queries"]
    assert expected.count == 0, "a request counts its own queries"


def test_a_request_that_fails_is_one_line_with_the_traceback(
    lines: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        Product.objects.count()
        raise LookupError("broken")

    monkeypatch.setattr("backend.catalog.views.ProductView.get", fail)
    APIClient(raise_request_exception=False).get("/api/products/1/")

    [line] = [each for each in lines if each["event"].startswith("request_")]
    assert (line["event"], line["route"]) == ("request_failed", ROUTE)
    assert line["queries"] >= 1
    assert line["duration_ms"] > 0


def test_slow_queries_are_logged_without_their_parameters(lines: list[Any], settings: Settings) -> None:
    settings.SLOW_QUERY_MS = 1
    before = counted("vitrine_slow_queries_total")
    slow = (
        "SELECT pg_sleep(0.01), %s"
        if connection.vendor == "postgresql"
        else "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT count(*), %s FROM n"
    )
    with connection.cursor() as cursor:
        cursor.execute(slow, ["a secret"])

    [line] = lines
    assert (line["event"], line["sql"]) == ("slow_query", slow)
    assert line["duration_ms"] >= 1
    assert "a secret" not in str(line)
    assert counted("vitrine_slow_queries_total") == before + 1

    settings.SLOW_QUERY_MS = 0
    with connection.cursor() as cursor:
        cursor.execute(slow, ["a secret"])
    assert len(lines) == 1


def test_queries_that_fail_are_counted(settings: Settings) -> None:
    with counted_queries() as queries, pytest.raises(DatabaseError):
        Product.objects.extra(where=["no_such_column = 1"]).count()
    assert queries.count == 1


@pytest.mark.parametrize("path", ["/api/notifications/orders/a-secret/", "/api/wish-lists/shared/a-secret/"])
def test_tokens_in_paths_are_not_logged(lines: list[Any], path: str) -> None:
    APIClient().get(path)

    assert lines
    assert "a-secret" not in str(lines)
