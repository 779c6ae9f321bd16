"""OpenAPI describes what is sent."""

from io import StringIO
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from rest_framework.test import APIClient


@pytest.fixture(scope="module")
def schema() -> Any:
    written = StringIO()
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=written)
    return yaml.safe_load(written.getvalue())


def answers(schema: Any, path: str, method: str, status: str) -> Any:
    name = schema["paths"][path][method]["responses"][status]["content"]["application/json"]["schema"]["$ref"]
    return schema["components"]["schemas"][name.rsplit("/", 1)[1]]


def test_an_answer_is_described_in_its_envelope(schema: Any) -> None:
    described = answers(schema, "/api/orders/orders/", "post", "201")
    assert set(described["properties"]) == {"data", "message", "status", "timestamp"}
    assert described["properties"]["data"]["$ref"].endswith("/Order")


def test_a_page_is_described_with_what_it_adds(schema: Any) -> None:
    described = answers(schema, "/api/products/", "get", "200")
    assert set(described["properties"]) == {
        "count",
        "next",
        "previous",
        "results",
        "page_size",
        "current_page",
        "total_pages",
        "exposure_id",
    }


def test_every_operation_describes_its_errors(schema: Any) -> None:
    operations = [operation for methods in schema["paths"].values() for operation in methods.values()]
    assert len(operations) > 20
    for operation in operations:
        described = operation["responses"]["default"]["content"]["application/json"]["schema"]
        assert described == {"$ref": "#/components/schemas/Error"}
    assert list(schema["components"]["schemas"]["Error"]["properties"]) == [
        "error",
        "details",
        "status",
        "timestamp",
        "request_id",
    ]


def test_checkout_describes_its_idempotency_key(schema: Any) -> None:
    parameters = schema["paths"]["/api/orders/orders/"]["post"]["parameters"]
    assert [(parameter["name"], parameter["in"]) for parameter in parameters] == [
        ("Idempotency-Key", "header")
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["/api/schema/", "/api/schema/swagger-ui/", "/api/schema/redoc/"])
def test_the_documentation_is_open_to_everybody(page: str) -> None:
    assert APIClient().get(page).status_code == 200
