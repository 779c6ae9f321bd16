"""Compares two OpenAPI documents: what breaks clients that were written for the old one.

docs/decisions/api-versions.md has the rules. Error responses are not compared, because errors may be added to
and removed from an operation.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from backend.api.schema.compatible_schemas import Break, Direction, Resolve, Schema, SchemaComparison

Document = Mapping[str, Any]
_TEXTS = frozenset({"description", "summary", "example", "examples", "title", "externalDocs"})
_NAMED = frozenset({"properties", "schemas", "headers", "parameters", "responses", "content", "paths"})


def breaks(old: Document, new: Document, *, today: date) -> list[Break]:
    """Return how `new` breaks clients of `old`; a deprecated operation may be removed after its sunset."""
    comparison = _Comparison(old, new)
    present = {_key(path): methods for path, methods in new["paths"].items()}
    found: list[Break] = []
    for path, methods in old["paths"].items():
        for method, operation in methods.items():
            place = f"{method.upper()} {path}"
            other = present.get(_key(path), {}).get(method)
            if other is not None:
                found += comparison.operation(operation, other, place=place)
            elif not _may_be_removed(operation, today=today):
                found.append(Break(place, "operation_removed", ""))
    return found


def _key(path: str) -> str:
    """Return the path without the names of its parameters, which clients don't send."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def _may_be_removed(operation: Schema, *, today: date) -> bool:
    sunset = operation.get("x-sunset")
    return bool(operation.get("deprecated")) and sunset is not None and date.fromisoformat(sunset) < today


def _resolver(document: Document) -> Resolve:
    def resolve(part: Schema) -> Schema:
        while "$ref" in part:
            found: Any = document
            for key in part["$ref"].removeprefix("#/").split("/"):
                found = found[key]
            part = {**found, **{key: value for key, value in part.items() if key != "$ref"}}
        return part

    return resolve


@dataclass(slots=True)
class _Comparison:
    old: Document
    new: Document

    def operation(self, old: Schema, new: Schema, *, place: str) -> Iterator[Break]:
        if old["operationId"] != new["operationId"]:
            yield Break(place, "operation_id_changed", f"{old['operationId']} to {new['operationId']}")
        for scheme in old.get("security", ()):
            if scheme not in new.get("security", ()) and new.get("security"):
                yield Break(place, "security_removed", " ".join(scheme) or "without a token")
        if not old.get("security") and new.get("security") and {} not in new["security"]:
            yield Break(place, "security_added", "")
        yield from self._parameters(old, new, place=place)
        yield from self._body(old.get("requestBody"), new.get("requestBody"), place=f"{place} request")
        yield from self._responses(old["responses"], new["responses"], place=place)

    def _schemas(self, old: Schema, new: Schema, direction: Direction, *, place: str) -> list[Break]:
        comparison = SchemaComparison(_resolver(self.old), _resolver(self.new), direction)
        return comparison.breaks(old, new, place=place)

    def _parameters(self, old: Schema, new: Schema, *, place: str) -> Iterator[Break]:
        before, after = _parameters(old, _resolver(self.old)), _parameters(new, _resolver(self.new))
        for key, parameter in before.items():
            where = f"{place} {key[0]} parameter {key[1]}"
            if key not in after:
                yield Break(where, "parameter_removed", "")
                continue
            if after[key].get("required") and not parameter.get("required"):
                yield Break(where, "parameter_required", "")
            yield from self._schemas(
                parameter.get("schema", {}), after[key].get("schema", {}), Direction.REQUEST, place=where
            )
        for key, parameter in after.items():
            if key not in before and parameter.get("required"):
                yield Break(f"{place} {key[0]} parameter {key[1]}", "parameter_required", "new")

    def _body(self, old: Schema | None, new: Schema | None, *, place: str) -> Iterator[Break]:
        if old is None:
            if new is not None and new.get("required"):
                yield Break(place, "body_required", "")
            return
        if new is None:
            yield Break(place, "body_removed", "")
            return
        if new.get("required") and not old.get("required"):
            yield Break(place, "body_required", "")
        yield from self._content(old, new, Direction.REQUEST, place=place)

    def _responses(self, old: Schema, new: Schema, *, place: str) -> Iterator[Break]:
        for status, response in old.items():
            if status.startswith(("4", "5")):
                continue
            where = f"{place} {status}"
            if status not in new:
                yield Break(where, "response_removed", "")
                continue
            before, after = _resolver(self.old)(response), _resolver(self.new)(new[status])
            for header in before.get("headers", {}):
                if header not in after.get("headers", {}):
                    yield Break(f"{where} header {header}", "header_removed", "")
            yield from self._content(before, after, Direction.RESPONSE, place=where)

    def _content(self, old: Schema, new: Schema, direction: Direction, *, place: str) -> Iterator[Break]:
        for media_type, media in old.get("content", {}).items():
            other = new.get("content", {}).get(media_type)
            if other is None:
                yield Break(place, "media_type_removed", media_type)
            else:
                yield from self._schemas(
                    media.get("schema", {}), other.get("schema", {}), direction, place=place
                )


def _parameters(operation: Schema, resolve: Resolve) -> dict[tuple[str, str], Schema]:
    """Return the parameters by their kind and name; those of the path by their position."""
    found: dict[tuple[str, str], Schema] = {}
    position = 0
    for parameter in map(resolve, operation.get("parameters", ())):
        kind, name = parameter["in"], parameter["name"]
        if kind == "path":
            position += 1
            name = str(position)
        found[kind, name.lower() if kind == "header" else name] = parameter
    return found


def contract(document: Document) -> dict[str, Any]:
    """Return the part of a document that decides compatibility: no texts, examples or error responses."""
    paths = {
        path: {method: _operation(operation) for method, operation in methods.items()}
        for path, methods in document["paths"].items()
    }
    components: dict[str, dict[str, Any]] = {}
    pending = list(_references(paths))
    while pending:
        _, _, kind, name = pending.pop().split("/")
        if name not in components.setdefault(kind, {}):
            part = _without_texts(document["components"][kind][name])
            components[kind][name] = part
            pending += _references(part)
    return {"openapi": document["openapi"], "paths": paths, "components": components}


def _operation(operation: Schema) -> dict[str, Any]:
    kept = {
        status: response
        for status, response in operation["responses"].items()
        if not status.startswith(("4", "5"))
    }
    whole: dict[str, Any] = _without_texts({**operation, "responses": kept})
    whole.pop("tags", None)
    return whole


def _without_texts(node: Any, *, is_named: bool = False) -> Any:
    """Return the node without texts; the keys of a map by name (`is_named`) are names and stay."""
    if isinstance(node, list):
        return [_without_texts(inner) for inner in node]
    if not isinstance(node, dict):
        return node
    return {
        key: _without_texts(value, is_named=not is_named and key in _NAMED)
        for key, value in node.items()
        if is_named or key not in _TEXTS
    }


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for inner in node:
            yield from _references(inner)
    elif isinstance(node, dict):
        for key, inner in node.items():
            if key == "$ref" and isinstance(inner, str):
                yield inner
            else:
                yield from _references(inner)
