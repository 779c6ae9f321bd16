"""Compares two versions of a JSON schema, as a client that was written for the old one sees them.

A schema is a list of alternatives, each with one type: `oneOf`, `anyOf` and lists of types differ only in how
they are written. In a request the new schema must allow what the old one allowed; in a response it must not
contain what the old one didn't. By the policy of API versions, values of enums and fields may be added to
responses.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

Schema = Mapping[str, Any]
Resolve = Callable[[Schema], Schema]

_LOWER_BOUNDS = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER_BOUNDS = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_FIXED = ("pattern", "format", "multipleOf", "uniqueItems")
_ANY = "any"
_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}


class Direction(StrEnum):
    """Who writes a value: the client in a request, the server in a response."""

    REQUEST = "request"
    RESPONSE = "response"


class Break(NamedTuple):
    """A change that an existing client may not survive; `rule` identifies its kind."""

    place: str
    rule: str
    what: str

    def __str__(self) -> str:
        return f"{self.place}: {self.rule} ({self.what})" if self.what else f"{self.place}: {self.rule}"


@dataclass(frozen=True, slots=True)
class SchemaComparison:
    """Compares schemas of two documents; `old` and `new` resolve the references of each."""

    old: Resolve
    new: Resolve
    direction: Direction

    def breaks(
        self, old: Schema, new: Schema, *, place: str, seen: frozenset[tuple[str, str]] = frozenset()
    ) -> list[Break]:
        """Return how the new schema breaks clients of the old one; `seen` are references being compared."""
        references = (old.get("$ref", ""), new.get("$ref", ""))
        if all(references):
            if references in seen:
                return []
            seen |= {references}
        found = self._default(old, new, place=place)
        old_options = list(_alternatives(old, self.old))
        new_options = list(_alternatives(new, self.new))
        if self.direction is Direction.REQUEST:
            wanted, offered = old_options, new_options
        else:
            wanted, offered = new_options, old_options
        for one in wanted:
            found += self._least(one, offered, place=place, seen=seen)
        return found

    def _default(self, old: Schema, new: Schema, *, place: str) -> list[Break]:
        before, after = (self.old(old).get("default"), self.new(new).get("default"))
        if self.direction is Direction.REQUEST and before is not None and before != after:
            return [Break(place, "default_changed", f"{before!r} to {after!r}")]
        return []

    def _least(
        self, one: Schema, offered: list[Schema], *, place: str, seen: frozenset[tuple[str, str]]
    ) -> list[Break]:
        """Return the breaks against the alternative that fits best; none fits if no type does."""
        results = []
        for other in offered:
            old, new = (one, other) if self.direction is Direction.REQUEST else (other, one)
            if self._type_fits(old["type"], new["type"]):
                results.append(list(self._same_type(old, new, place=place, seen=seen)))
        if results:
            return min(results, key=len)
        others = ", ".join(sorted(other["type"] for other in offered))
        before, after = (
            (one["type"], others) if self.direction is Direction.REQUEST else (others, one["type"])
        )
        return [Break(place, "type_changed", f"{before} to {after}")]

    def _type_fits(self, old: str, new: str) -> bool:
        inner, outer = (old, new) if self.direction is Direction.REQUEST else (new, old)
        return outer in (inner, _ANY) or (inner, outer) == ("integer", "number")

    def _same_type(
        self, old: Schema, new: Schema, *, place: str, seen: frozenset[tuple[str, str]]
    ) -> Iterator[Break]:
        yield from self._values(old, new, place=place)
        if self.direction is Direction.REQUEST:
            yield from _bounds(old, new, place=place)
        elif "format" in old and old["format"] != new.get("format"):
            yield Break(place, "format_changed", f"{old['format']} to {new.get('format')}")
        if "object" in (old["type"], new["type"]):
            yield from self._fields(old, new, place=place, seen=seen)
        if "items" in old and "items" in new:
            yield from self.breaks(old["items"], new["items"], place=f"{place}[]", seen=seen)

    def _values(self, old: Schema, new: Schema, *, place: str) -> Iterator[Break]:
        before, after = _enum(old), _enum(new)
        if self.direction is Direction.RESPONSE or after is None:
            return
        if before is None:
            yield Break(place, "enum_added", ", ".join(map(str, after)))
        elif removed := [value for value in before if value not in after]:
            yield Break(place, "enum_value_removed", ", ".join(map(str, removed)))

    def _fields(
        self, old: Schema, new: Schema, *, place: str, seen: frozenset[tuple[str, str]]
    ) -> Iterator[Break]:
        before, after = old.get("properties", {}), new.get("properties", {})
        for name, schema in before.items():
            inner = f"{place}.{name}"
            if name not in after:
                yield Break(inner, "field_removed", "")
            else:
                yield from self.breaks(schema, after[name], place=inner, seen=seen)
        required_before, required_after = set(old.get("required", ())), set(new.get("required", ()))
        if self.direction is Direction.REQUEST:
            for name in sorted(required_after - required_before):
                yield Break(f"{place}.{name}", "field_required", "")
        else:
            for name in sorted((required_before - required_after) & set(after)):
                yield Break(f"{place}.{name}", "field_optional", "")
        yield from self._further_fields(old, new, place=place, seen=seen)

    def _further_fields(
        self, old: Schema, new: Schema, *, place: str, seen: frozenset[tuple[str, str]]
    ) -> Iterator[Break]:
        before, after = old.get("additionalProperties", True), new.get("additionalProperties", True)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            yield from self.breaks(before, after, place=f"{place}.*", seen=seen)
        elif self.direction is Direction.REQUEST and before is not False and after is False:
            yield Break(place, "further_fields_refused", "")
        elif isinstance(before, Mapping) and self.direction is Direction.RESPONSE and after is True:
            yield Break(f"{place}.*", "type_changed", "any")


def _bounds(old: Schema, new: Schema, *, place: str) -> Iterator[Break]:
    for names, is_narrower in ((_LOWER_BOUNDS, float.__gt__), (_UPPER_BOUNDS, float.__lt__)):
        for name in names:
            before, after = old.get(name), new.get(name)
            if after is not None and (before is None or is_narrower(float(after), float(before))):
                yield Break(place, "bound_narrowed", f"{name} {before} to {after}")
    for name in _FIXED:
        if new.get(name) and old.get(name) != new[name]:
            yield Break(place, f"{name}_changed", f"{old.get(name)} to {new[name]}")


def _enum(schema: Schema) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    values: list[Any] | None = schema.get("enum")
    return values


def _alternatives(schema: Schema, resolve: Resolve) -> Iterator[Schema]:
    """Yield the alternatives of a schema, each with one `type`, without references at its top."""
    whole = _merged(resolve(schema), resolve)
    for keyword in ("oneOf", "anyOf"):
        if keyword in whole:
            rest = {key: value for key, value in whole.items() if key not in (keyword, "default")}
            for option in whole[keyword]:
                yield from _alternatives({"allOf": [rest, option]} if _constrains(rest) else option, resolve)
            return
    declared = whole.get("type")
    types = [declared] if isinstance(declared, str) else declared or _implied(whole)
    for kind in types:
        yield {**whole, "type": kind}


def _constrains(schema: Schema) -> bool:
    return bool(set(schema) - {"description", "example", "title", "readOnly", "writeOnly", "deprecated"})


def _implied(schema: Schema) -> list[str]:
    """Return the types of a schema that declares none."""
    values = _enum(schema)
    if values is not None:
        return sorted({"null" if value is None else _TYPES[type(value)] for value in values})
    return ["object"] if "properties" in schema else [_ANY]


def _merged(schema: Schema, resolve: Resolve) -> Schema:
    """Return the schema with the parts of `allOf` merged into it."""
    if "allOf" not in schema:
        return schema
    result = {key: value for key, value in schema.items() if key != "allOf"}
    for part in schema["allOf"]:
        for key, value in _merged(resolve(part), resolve).items():
            match key:
                case "properties":
                    result[key] = {**result.get(key, {}), **value}
                case "required":
                    result[key] = [*result.get(key, ()), *value]
                case _:
                    result[key] = value
    return result
