"""Which changes of a document break clients; the cases of schemas are in compatibility.yaml."""

from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from backend.api.schema.compatibility import breaks

TODAY = date(2026, 3, 2)
CASES = yaml.safe_load(Path(__file__).with_name("compatibility.yaml").read_text(encoding="utf-8"))
NODE = {"type": "object", "properties": {"children": {"$ref": "#/components/schemas/Node"}}}
OPERATION: dict[str, Any] = {
    "operationId": "lamps_create",
    "security": [{"accessToken": []}, {}],
    "parameters": [
        {"in": "path", "name": "id", "required": True, "schema": {"type": "integer"}},
        {"in": "query", "name": "page", "schema": {"type": "integer"}},
        {"in": "header", "name": "X-Cart", "schema": {"type": "string"}},
    ],
    "requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {}}}}},
    "responses": {
        "200": {
            "headers": {"X-Id": {}},
            "content": {"application/json": {"schema": {"type": "object", "properties": {}}}},
        },
        "404": {"content": {"application/json": {"schema": {"type": "object", "properties": {}}}}},
    },
}


def document(operation: dict[str, Any], *, path: str = "/lamps/{id}/") -> dict[str, Any]:
    return {"paths": {path: {"post": operation}}, "components": {"schemas": {"Node": NODE}}}


def with_field(schema: Any, *, side: str) -> dict[str, Any]:
    operation = deepcopy(OPERATION)
    body = operation["requestBody"] if side == "request" else operation["responses"]["200"]
    body["content"]["application/json"]["schema"]["properties"] = {"x": schema}
    return document(operation)


def rules(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    return [found.rule for found in breaks(old, new, today=TODAY)]


@pytest.mark.parametrize("side", ["request", "response"])
@pytest.mark.parametrize("case", CASES, ids=[case["name"].replace(" ", "-") for case in CASES])
def test_a_change_of_a_field(case: dict[str, Any], side: str) -> None:
    found = rules(with_field(case["old"], side=side), with_field(case["new"], side=side))
    assert found == ([case[side]] if side in case else [])


def test_a_change_of_a_parameter_is_one_of_a_request() -> None:
    new = deepcopy(OPERATION)
    new["parameters"][1]["schema"] = {"type": "integer", "maximum": 10}
    [found] = breaks(document(OPERATION), document(new), today=TODAY)
    assert str(found) == "POST /lamps/{id}/ query parameter page: bound_narrowed (maximum None to 10)"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"operationId": "lamps_make"}, ["operation_id_changed"]),
        ({"security": [{"accessToken": []}]}, ["security_removed"]),
        ({"parameters": OPERATION["parameters"][:2]}, ["parameter_removed"]),
        ({"parameters": [*OPERATION["parameters"], {"in": "query", "name": "q", "schema": {}}]}, []),
        (
            {"parameters": [*OPERATION["parameters"], {"in": "query", "name": "q", "required": True}]},
            ["parameter_required"],
        ),
        (
            {"parameters": [*OPERATION["parameters"][:2], {"in": "header", "name": "x-cart", "schema": {}}]},
            [],
        ),
        ({"requestBody": {**OPERATION["requestBody"], "required": True}}, ["body_required"]),
        ({"requestBody": {"content": {}}}, ["media_type_removed"]),
        ({"responses": {}}, ["response_removed"]),
        ({"responses": {"200": OPERATION["responses"]["200"]}}, []),
        ({"responses": {"200": {**OPERATION["responses"]["200"], "headers": {}}}}, ["header_removed"]),
        ({"responses": {**OPERATION["responses"], "201": {}}}, []),
    ],
    ids=[
        "operation-id",
        "guests-refused",
        "parameter-removed",
        "parameter-added",
        "required-parameter-added",
        "header-in-other-case",
        "body-required",
        "media-type-removed",
        "response-removed",
        "error-removed",
        "header-removed",
        "response-added",
    ],
)
def test_a_change_of_an_operation(change: dict[str, Any], expected: list[str]) -> None:
    assert rules(document(OPERATION), document({**OPERATION, **change})) == expected


def test_a_removed_body_or_operation_breaks_clients() -> None:
    without = {key: value for key, value in OPERATION.items() if key != "requestBody"}
    assert rules(document(OPERATION), document(without)) == ["body_removed"]
    assert rules(document(OPERATION), {"paths": {}}) == ["operation_removed"]
    assert rules({"paths": {}}, document(OPERATION)) == []


def test_a_path_parameter_may_be_renamed() -> None:
    renamed = deepcopy(OPERATION)
    renamed["parameters"][0]["name"] = "lamp_id"
    assert rules(document(OPERATION), document(renamed, path="/lamps/{lamp_id}/")) == []


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        ({"deprecated": True, "x-sunset": "2026-03-01"}, []),
        ({"deprecated": True, "x-sunset": "2026-03-02"}, ["operation_removed"]),
        ({"deprecated": True}, ["operation_removed"]),
    ],
    ids=["after-its-sunset", "on-its-sunset", "without-a-sunset"],
)
def test_a_deprecated_operation_may_be_removed(marks: dict[str, Any], expected: list[str]) -> None:
    assert rules(document({**OPERATION, **marks}), {"paths": {}}) == expected
