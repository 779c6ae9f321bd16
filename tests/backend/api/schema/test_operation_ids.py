"""Operation ids follow one rule, because generated clients derive function names from them."""

import re
from collections.abc import Mapping

import pytest

from tests.backend.api.schema.document import Operation, operations, resolved

VERBS: Mapping[str, frozenset[str]] = {
    "GET": frozenset({"list", "get"}),
    "POST": frozenset({"create"}),
    "PUT": frozenset({"update"}),
    "PATCH": frozenset({"update"}),
    "DELETE": frozenset({"delete"}),
}


def follows_rule(operation_id: str, *, method: str, path: str) -> bool:
    """Return whether the id is `<resource>_<verb>`, with a verb that fits the method and path."""
    verbs = set(VERBS[method])
    if method == "POST":
        verbs.add(path.rstrip("/").rpartition("/")[2].replace("-", "_"))
    return any(re.fullmatch(rf"[a-z]+(_[a-z]+)*_{re.escape(verb)}", operation_id) for verb in verbs)


def test_ids_are_unique_and_follow_one_rule() -> None:
    ids = [operation.id for operation in operations()]

    assert len(set(ids)) == len(ids) > 20
    for operation in operations():
        assert follows_rule(operation.id, method=operation.method, path=operation.path), operation.id
    lists = {operation.id for operation in operations() if operation.id.endswith("_list")}
    assert lists == {operation.id for operation in operations() if returns_list(operation)}


def returns_list(operation: Operation) -> bool:
    content = operation.responses.get("200", {}).get("content", {})
    if operation.method != "GET" or "application/json" not in content:
        return False
    properties = resolved(content["application/json"]["schema"])["properties"]
    data = resolved(properties.get("data", {}))
    return "results" in properties or data.get("type") == "array" or "next" in data.get("properties", {})


@pytest.mark.parametrize(
    ("operation_id", "method", "path"),
    [
        ("orders_cancel", "GET", "/orders/1/cancel/"),
        ("orders_list", "POST", "/orders/"),
        ("create", "POST", "/orders/"),
        ("ordersCreate", "POST", "/orders/"),
        ("orders_ship", "POST", "/orders/1/cancel/"),
        ("orders_partial_update_", "PATCH", "/orders/1/"),
    ],
)
def test_an_id_that_breaks_the_rule_is_reported(operation_id: str, method: str, path: str) -> None:
    assert not follows_rule(operation_id, method=method, path=path)
