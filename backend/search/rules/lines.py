"""Rules as text for forms: an action, or a phrase, in each line."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from backend.search.attribute_parameters import ATTRIBUTE_PREFIX, is_limit, units
from backend.search.parameters import NAMED
from backend.search.rules.actions import ActionSerializer, ActionType
from backend.search.rules.filters import ATTRIBUTES, LIMITS, RuleFiltersSerializer
from indexing.filters import FilterDeclaration, FilterKind

HELP = (
    "One action in each line: pin 17 at 1 · hide 18 · boost 2.5 brand=Acme; in_stock=true · "
    "filter category=lamps; attr.size=M; attr.weight.max=2 · redirect /sale/ · "
    "replace cheap with budget · remove cheap · rewrite desk lamp"
)
PATTERNS: Mapping[ActionType, str] = {
    ActionType.PIN: r"(?P<product>\d+) at (?P<position>\d+)",
    ActionType.HIDE: r"(?P<product>\d+)",
    ActionType.BOOST: r"(?P<factor>\d+(\.\d+)?) (?P<filters>.+)",
    ActionType.FILTER: r"(?P<filters>.+)",
    ActionType.REDIRECT: r"(?P<url>\S+)",
    ActionType.REPLACE: r"(?P<words>.+?) with (?P<by>.+)",
    ActionType.REMOVE: r"(?P<words>.+)",
    ActionType.REWRITE: r"(?P<query>.+)",
}
FORMATS: Mapping[ActionType, str] = {
    ActionType.PIN: "pin {product} at {position}",
    ActionType.HIDE: "hide {product}",
    ActionType.BOOST: "boost {factor:g} {filters}",
    ActionType.FILTER: "filter {filters}",
    ActionType.REDIRECT: "redirect {url}",
    ActionType.REPLACE: "replace {words} with {by}",
    ActionType.REMOVE: "remove {words}",
    ActionType.REWRITE: "rewrite {query}",
}
_WHOLE_NUMBERS = frozenset({"product", "position"})
_SHORT = 18
"""Digits of a number that a database can hold."""


class InvalidLine(ValueError):
    """A line can't be read; the message says why."""


def actions_text(actions: Sequence[Mapping[str, Any]]) -> str:
    """Return actions as text."""
    return "\n".join(
        FORMATS[ActionType(each["type"])].format(
            **{**each, "filters": filters_text(each.get("filters", {}))},
        )
        for each in actions
    )


def actions_in(text: str) -> list[dict[str, Any]]:
    """Return the actions of a text.

    Raises:
        InvalidLine: a line is not an action.
    """
    return [_action(line, number) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]


def filters_text(filters: Mapping[str, Any]) -> str:
    """Return filters as text, such as `category=lamps; attr.size=M`."""
    pairs = [(name, value) for name, value in filters.items() if name not in (ATTRIBUTES, LIMITS)]
    pairs += [(f"{ATTRIBUTE_PREFIX}{name}", value) for name, value in filters.get(ATTRIBUTES, {}).items()]
    pairs += [
        (f"{ATTRIBUTE_PREFIX}{name}.{end}", value)
        for name, limits in filters.get(LIMITS, {}).items()
        for end, value in limits.items()
    ]
    return "; ".join(f"{name}={_text(one)}" for name, value in pairs for one in _several(value))


def filters_in(text: str) -> dict[str, Any]:
    """Return the filters of a text.

    Raises:
        InvalidLine: a filter is unknown or invalid.
    """
    given = _given_filters(text)
    checked = RuleFiltersSerializer(data=given)
    if not checked.is_valid():
        raise InvalidLine(_faults(checked.errors))
    return dict(checked.validated_data)


def _action(line: str, number: int) -> dict[str, Any]:
    name, _, rest = " ".join(line.split()).partition(" ")
    if name not in FORMATS:
        raise InvalidLine(f"Line {number}: {name!r} is not one of {', '.join(ActionType)}.")
    found = re.fullmatch(PATTERNS[ActionType(name)], rest, re.ASCII if name in ("pin", "hide") else 0)
    if found is None:
        example = FORMATS[ActionType(name)].replace(":g", "")
        raise InvalidLine(f"Line {number}: write it as {example!r}.")
    try:
        values = {key: _value(key, value) for key, value in found.groupdict().items()}
    except InvalidLine as error:
        raise InvalidLine(f"Line {number}: {error}") from error
    checked = ActionSerializer(data={"type": name, **values})
    if not checked.is_valid():
        raise InvalidLine(f"Line {number}: {_faults(checked.errors)}")
    return dict(checked.validated_data)


def _value(name: str, text: str) -> Any:
    if name in _WHOLE_NUMBERS:
        return int(text[:_SHORT])
    if name == "filters":
        return _given_filters(text)
    return float(text) if name == "factor" else text


def _given_filters(text: str) -> dict[str, Any]:
    declared = {each.parameter: each for each in NAMED}
    given: dict[str, Any] = {}
    for part in filter(str.strip, text.split(";")):
        name, separator, value = (each.strip() for each in part.partition("="))
        if not separator:
            raise InvalidLine(f"{name!r} has no value; write name=value.")
        if name.startswith(ATTRIBUTE_PREFIX):
            _add_attribute(given, name.removeprefix(ATTRIBUTE_PREFIX), value)
        elif name in declared and declared[name].several:
            given.setdefault(name, []).append(value)
        else:
            given[name] = _typed(declared.get(name), value)
    return given


def _add_attribute(given: dict[str, Any], name: str, value: str) -> None:
    if is_limit(name, units()):
        attribute, _, end = name.rpartition(".")
        given.setdefault(LIMITS, {}).setdefault(attribute, {})[end] = value
    else:
        given.setdefault(ATTRIBUTES, {}).setdefault(name, []).append(value)


def _typed(declared: FilterDeclaration | None, value: str) -> object:
    if declared is None:
        return value
    if declared.kind is FilterKind.FLAG and value in ("true", "false"):
        return value == "true"
    if declared.kind in (FilterKind.EQUALS, FilterKind.AT_LEAST, FilterKind.AT_MOST):
        try:
            return float(value) if "." in value else int(value[:_SHORT])
        except ValueError:
            return value
    return value


def _faults(errors: Any) -> str:
    if isinstance(errors, Mapping):
        return " ".join(f"{name}: {_faults(each)}" for name, each in errors.items())
    return " ".join(map(str, errors)) if isinstance(errors, list) else str(errors)


def _several(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
