"""Read a report's file: a head in TOML inside the first comment, then one SELECT.

    /*
    description = "Sales by period."
    scope = ["staff", "seller"]

    [parameters.start_date]
    type = "Date"
    default = 1970-01-02
    description = "The first day."

    [columns]
    period = { type = "String", description = "The day." }
    */
    SELECT …

Each parameter is used in the SQL as `{name:Type}`. A parameter that several reports share is declared once,
in `shared_parameters.toml` beside the reports, and named in each head: `start_date = "shared"` under
`[parameters]`. The caller supplies `{time_zone:String}` (the shop's), `{seller:UInt64}` (0 for all sellers;
required if the scope includes sellers, else not allowed) and, for a rollup that the SQL reads,
`{ROLLUP_dirty:Array(Date)}`. Of the days of a rollup, a report with `days_around = N` in its head reads none
that is more than N days before `start_date` or after `end_date`, so that dirty days outside don't matter.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from analytics_pipeline import rollups
from analytics_pipeline.reports import blocks
from analytics_pipeline.reports.errors import InvalidReport
from analytics_pipeline.reports.parameters import DATE, NUMBER, TEXT, TEXTS, TYPES, Parameter

STAFF, SELLER = "staff", "seller"
START_DATE, END_DATE = "start_date", "end_date"
_SHARED, _SHARED_FILE = "shared", "shared_parameters.toml"
# Names that have another meaning in a request for a report.
_RESERVED = frozenset({"format", "most_rows", "name", "warehouse"})
_HEAD = re.compile(r"\s*/\*\n(.*?)\*/", re.DOTALL)
_TOML_POSITION = re.compile(r"^(.*) \(at line (\d+), column \d+\)$")
_PLACEHOLDER = re.compile(r"\{(\w+):([A-Za-z0-9()]+)\}")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_COLUMN_TYPE = re.compile(r"(String|Date|UUID|U?Int64|Float64|Decimal\(38, \d+\)|Array\((String|UInt64)\))")
_BODY = re.compile(r"\s*(SELECT|WITH)\b", re.IGNORECASE)
_DEFAULTS: Mapping[str, type] = {DATE: date, NUMBER: int, TEXT: str, TEXTS: list}
_PARAMETER_KEYS = frozenset({"type", "description", "default", "choices", "not_before"})
_BOUNDS = {"minimum": NUMBER, "maximum": NUMBER, "minimum_items": TEXTS, "maximum_items": TEXTS}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a report's result; `type` is ClickHouse's."""

    name: str
    type: str
    description: str


@dataclass(frozen=True, slots=True)
class Report:
    """A named query with its parameters and columns.

    `scope` says who may run it. It reads days of rollups up to `days_around` days before and after its
    period; None means all days.
    """

    name: str
    description: str
    scope: frozenset[str]
    parameters: tuple[Parameter, ...]
    columns: tuple[Column, ...]
    sql: str
    days_around: int | None = None

    @property
    def placeholders(self) -> dict[str, str]:
        """The placeholders in the SQL, with their types."""
        return dict(_PLACEHOLDER.findall(self.sql))


class _Fault(Exception):
    """A fault in a file; `place` is text that occurs on the faulty line."""

    def __init__(self, reason: str, *, place: str) -> None:
        super().__init__(reason)
        self.place = place


def supplied_types() -> dict[str, str]:
    """Return the placeholders that the caller of a report fills in, with their types."""
    dirty = {rollup.placeholder: "Array(Date)" for rollup in rollups.ROLLUPS}
    return {SELLER: NUMBER, "time_zone": TEXT, **dirty}


def read(path: Path) -> Report:
    """Return the report that the file declares.

    Raises:
        InvalidReport: the file is invalid.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InvalidReport("the file is not UTF-8", path=path, line=1) from error
    matched = _HEAD.match(text)
    if matched is None:
        raise InvalidReport("the file must begin with a head between /* and */", path=path, line=1)
    head_line = text.count("\n", 0, matched.start(1))
    try:
        head = tomllib.loads(matched.group(1))
    except tomllib.TOMLDecodeError as error:
        at = _TOML_POSITION.match(str(error))
        reason, line = (at.group(1), int(at.group(2))) if at else (str(error), matched.group(1).count("\n"))
        raise InvalidReport(f"the head is not TOML: {reason}", path=path, line=head_line + line) from error
    try:
        return _report(path, head, sql=text[matched.end() :].strip())
    except _Fault as fault:
        raise InvalidReport(str(fault), path=path, line=_line_of(fault.place, text=text)) from fault


def _line_of(place: str, *, text: str) -> int:
    at = text.find(place)
    # A `place` that must be at the start of a line begins with the line break before it.
    return 1 if at < 0 else text.count("\n", 0, at) + 1 + place.startswith("\n")


def _report(path: Path, head: Mapping[str, Any], *, sql: str) -> Report:
    name = path.stem
    if not _NAME.fullmatch(name):
        raise _Fault("the file's name may contain only a-z, 0-9 and _", place="/*")
    _refuse_unknown(head, known={"description", "scope", "days_around", "parameters", "columns"}, place="{}")
    scope = _scope(head)
    parameters = tuple(
        _parameter(key, declared, place=place)
        for key, declared, place in _declarations(head, folder=path.parent)
    )
    _check_periods(parameters)
    columns = tuple(_column(key, value) for key, value in _table(head.get("columns"), place="/*").items())
    if not columns:
        raise _Fault("the head must describe the columns under [columns]", place="/*")
    _check_sql(sql, scope=scope, parameters=parameters)
    description = _text(head, "description", place="/*")
    return Report(
        name=name,
        description=description,
        scope=scope,
        parameters=parameters,
        columns=columns,
        sql=sql,
        days_around=_days_around(head, parameters=parameters),
    )


def _days_around(head: Mapping[str, Any], *, parameters: tuple[Parameter, ...]) -> int | None:
    days = head.get("days_around")
    if days is None:
        return None
    if not isinstance(days, int) or isinstance(days, bool) or days < 0:
        raise _Fault("days_around must be a whole number of days", place="days_around")
    if not {START_DATE, END_DATE} <= {parameter.name for parameter in parameters}:
        raise _Fault(f"days_around needs the parameters {START_DATE} and {END_DATE}", place="days_around")
    return days


def _scope(head: Mapping[str, Any]) -> frozenset[str]:
    scope = head.get("scope")
    if not isinstance(scope, list) or STAFF not in scope or not {STAFF, SELLER} >= set(map(str, scope)):
        raise _Fault('scope must be ["staff"] or ["staff", "seller"]', place="scope" if scope else "/*")
    return frozenset(scope)


def _declarations(head: Mapping[str, Any], *, folder: Path) -> Iterator[tuple[str, Mapping[str, Any], str]]:
    """Yield the name of each parameter, its declaration, and a text on the line that declares it."""
    for name, value in _table(head.get("parameters", {}), place="parameters").items():
        if value != _SHARED:
            yield name, _table(value, place=f"[parameters.{name}]"), f"[parameters.{name}]"
            continue
        place = f"\n{name} ="
        shared = _shared_parameters(folder, place=place)
        if name not in shared:
            raise _Fault(f"{_SHARED_FILE} has no {name}; it has {', '.join(shared) or 'none'}", place=place)
        yield name, _table(shared[name], place=place), place


def _shared_parameters(folder: Path, *, place: str) -> Mapping[str, Any]:
    try:
        return tomllib.loads((folder / _SHARED_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _Fault(f"{_SHARED_FILE} can't be read: {error}", place=place) from error


def _parameter(name: str, declared: Mapping[str, Any], *, place: str) -> Parameter:
    if not _NAME.fullmatch(name) or name in _RESERVED or name in supplied_types():
        raise _Fault(f"a parameter can't be called {name}", place=place)
    _refuse_unknown(declared, known=_PARAMETER_KEYS | _BOUNDS.keys(), place=place)
    kind = declared.get("type")
    if kind not in TYPES:
        raise _Fault(f"the type of {name} must be one of {', '.join(TYPES)}", place=place)
    choices = declared.get("choices", [])
    if not isinstance(choices, list) or not all(isinstance(choice, str) for choice in choices):
        raise _Fault(f"the choices of {name} must be a list of strings", place=place)
    for bound, bounded in _BOUNDS.items():
        if bound in declared and (kind != bounded or not isinstance(declared[bound], int)):
            raise _Fault(f"the {bound} of {name} needs a type {bounded} and a whole number", place=place)
    if choices and kind != TEXT:
        raise _Fault(f"only a String may have choices, {name} is a {kind}", place=place)
    parameter = Parameter(
        name=name,
        **{**declared, "choices": tuple(choices), "description": _text(declared, "description", place=place)},
    )
    _check_default(parameter, place=place)
    return parameter


def _check_default(parameter: Parameter, *, place: str) -> None:
    default = parameter.default
    if default is None:
        return
    expected = _DEFAULTS[parameter.type]
    if not isinstance(default, expected) or isinstance(default, datetime | bool):
        raise _Fault(f"the default of {parameter.name} must be a {parameter.type}", place=place)
    try:
        parameter.parse(default)
    except ValueError as error:
        raise _Fault(f"the default of {parameter.name} {error}", place=place) from error


def _check_periods(parameters: tuple[Parameter, ...]) -> None:
    dates = {parameter.name for parameter in parameters if parameter.type == DATE}
    for parameter in parameters:
        if parameter.not_before is not None and not {parameter.name, parameter.not_before} <= dates:
            raise _Fault(
                f"not_before of {parameter.name} must name another date",
                place=f"[parameters.{parameter.name}]",
            )


def _column(name: str, declared: object) -> Column:
    place = f"\n{name} ="
    if not isinstance(declared, dict) or set(declared) != {"type", "description"}:
        raise _Fault(f"the column {name} must have a type and a description", place=place)
    if not _COLUMN_TYPE.fullmatch(str(declared["type"])):
        raise _Fault(f"{declared['type']} is not a type that a report's column may have", place=place)
    return Column(name, declared["type"], _text(declared, "description", place=place))


def _check_sql(sql: str, *, scope: frozenset[str], parameters: tuple[Parameter, ...]) -> None:
    if not _BODY.match(sql) or ";" in sql:
        raise _Fault("after the head there must be one SELECT without a semicolon", place=sql[:50] or "*/")
    declared = {parameter.name: parameter.type for parameter in parameters}
    used: dict[str, str] = {}
    for name, kind in _PLACEHOLDER.findall(sql):
        used[name] = kind
        expected = declared.get(name) or supplied_types().get(name)
        if expected is None:
            raise _Fault(
                f"the SQL uses {{{name}:{kind}}}, which the head doesn't declare", place=f"{{{name}:"
            )
        if kind != expected:
            raise _Fault(f"{name} is declared as {expected} and used as {kind}", place=f"{{{name}:{kind}}}")
    _check_blocks(sql, parameters=parameters)
    for name in declared:
        if name not in used:
            raise _Fault(f"the SQL doesn't use the parameter {name}", place=f"[parameters.{name}]")
    if (SELLER in scope) != (SELLER in used):
        raise _Fault(
            "the SQL must use {seller:UInt64} if and only if the scope includes sellers", place="scope"
        )


def _check_blocks(sql: str, *, parameters: tuple[Parameter, ...]) -> None:
    choices = {parameter.name: parameter.choices for parameter in parameters}
    lists = {parameter.name for parameter in parameters if parameter.type.startswith("Array")}
    try:
        for name, operator, value in blocks.conditions(sql):
            if operator in ("over", "has"):
                if name not in lists or (operator == "over" and not value.isdecimal()):
                    raise _Fault(f"{name} {operator} {value} needs a list", place=f"/* only {name}")
            elif value not in choices.get(name, ()):
                raise _Fault(f"{value} is not a choice of a parameter {name}", place=f"/* only {name}")
    except ValueError as error:
        raise _Fault(str(error), place="/* only") from error


def _table(value: object, *, place: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _Fault("this must be a TOML table; see the other reports", place=place)
    return value


def _text(declared: Mapping[str, Any], key: str, *, place: str) -> str:
    text = declared.get(key)
    if not isinstance(text, str) or not text.strip():
        raise _Fault(f"a {key} is missing", place=place)
    return " ".join(text.split())


def _refuse_unknown(declared: Mapping[str, Any], *, known: frozenset[str] | set[str], place: str) -> None:
    for key in declared:
        if key not in known:
            raise _Fault(f"unknown key {key}; there are {', '.join(sorted(known))}", place=f"\n{key}")
