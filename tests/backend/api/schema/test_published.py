"""The API keeps its published contract; docs/decisions/api-versions.md says what that means."""

import json
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from backend.api.schema import published
from backend.api.schema.compatibility import breaks, contract
from tests.backend.api.schema.document import document

TODAY = date(2026, 3, 2)


def test_the_api_keeps_its_published_contract() -> None:
    found = breaks(published.read(), document(), today=datetime.now(UTC).date())
    assert not found, "\n".join(["clients of version 1 would break:", *map(str, found)])


def card(planted: dict[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = planted["components"]["schemas"]["ProductCard"]["properties"]
    return fields


def parameter_of_list(planted: dict[str, Any], name: str) -> dict[str, Any]:
    parameters = planted["paths"]["/api/products/"]["get"]["parameters"]
    schema: dict[str, Any] = next(one["schema"] for one in parameters if one["name"] == name)
    return schema


def remove_a_path(planted: dict[str, Any]) -> None:
    del planted["paths"]["/api/products/{product_id}/"]


def remove_a_field(planted: dict[str, Any]) -> None:
    del card(planted)["title"]


def change_a_type(planted: dict[str, Any]) -> None:
    card(planted)["title"] = {"type": "integer"}


def require_a_field(planted: dict[str, Any]) -> None:
    planted["components"]["schemas"]["LoginRequest"].setdefault("required", []).append("captcha")


def narrow_a_parameter(planted: dict[str, Any]) -> None:
    parameter_of_list(planted, "page_size")["maximum"] = 1


def refuse_a_sorting(planted: dict[str, Any]) -> None:
    parameter_of_list(planted, "sort_by")["enum"].remove("newest")


@pytest.mark.parametrize(
    ("plant", "rule"),
    [
        (remove_a_path, "operation_removed"),
        (remove_a_field, "field_removed"),
        (change_a_type, "type_changed"),
        (require_a_field, "field_required"),
        (narrow_a_parameter, "bound_narrowed"),
        (refuse_a_sorting, "enum_value_removed"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_a_planted_break_is_found(plant: Callable[[dict[str, Any]], None], rule: str) -> None:
    planted = deepcopy(document())
    plant(planted)
    assert rule in {found.rule for found in breaks(published.read(), planted, today=TODAY)}


def test_additions_break_nothing() -> None:
    planted = deepcopy(document())
    planted["paths"]["/api/lamps/"] = {"get": {"operationId": "lamps_list", "responses": {}}}
    card(planted)["colour"] = {"type": "string"}
    parameter_of_list(planted, "sort_by")["enum"].append("colour")
    assert not breaks(published.read(), planted, today=TODAY)


def test_the_contract_has_no_texts_but_fields_that_are_called_like_them() -> None:
    whole = contract(document())
    assert "description" in whole["components"]["schemas"]["Product"]["properties"]
    assert "description" not in whole["paths"]["/api/products/"]["get"]
    assert not breaks(document(), whole, today=TODAY)


def test_the_command_adds_to_the_contract_and_refuses_breaks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "v1.json"
    call_command("publish_api_schema", path=path)
    written = path.read_text(encoding="utf-8")
    whole = json.loads(written)
    assert whole == contract(document())
    whole["paths"]["/api/lamps/"] = {"get": {"operationId": "lamps_list", "responses": {}}}
    published.write(whole, path)
    with pytest.raises(CommandError, match="1 changes break clients"):
        call_command("publish_api_schema", path=path)
    assert "GET /api/lamps/: operation_removed" in capsys.readouterr().out
    assert json.loads(path.read_text(encoding="utf-8")) == whole
    call_command("publish_api_schema", path=path, accept_breaks=True)
    assert path.read_text(encoding="utf-8") == written
