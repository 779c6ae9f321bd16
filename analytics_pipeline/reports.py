"""Reports: named questions in queries/*.sql, answered alike for the API, commands and notebooks.

A file begins with comment lines: what it answers, `scope:` (staff, seller), and a line for each parameter
that a person may give. `seller`, `time_zone` and `dirty_days` are given by whoever runs the report.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from analytics_pipeline import rollups
from analytics_pipeline.warehouse import Warehouse

QUERIES = Path(__file__).parent / "queries"
STAFF, SELLER = "staff", "seller"
EVERY_SELLER = 0

_FIRST_DAY, _LAST_DAY = date(1970, 1, 2), date(2149, 6, 4)
_DEFAULTS: Mapping[str, object] = {
    "start_date": _FIRST_DAY,
    "end_date": _LAST_DAY,
    "group_by": "day",
    "limit": 100,
}
CHOICES: Mapping[str, tuple[str, ...]] = {"group_by": ("day", "week", "month")}
_GIVEN_BY_THE_CALLER = frozenset({"seller", "time_zone", "dirty_days"})
_PLACEHOLDER = re.compile(r"\{(\w+):([A-Za-z0-9()]+)\}")


class UnknownReport(LookupError):
    """There is no such report."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no report {name!r}; there are {', '.join(names())}")
        self.name = name


class InvalidParameter(ValueError):
    """A report's parameter is missing, unknown or unusable."""

    def __init__(self, parameter: str, reason: str) -> None:
        super().__init__(f"{parameter}: {reason}")
        self.parameter = parameter
        self.reason = reason


class NotForSellers(Exception):
    """The report is about the whole shop."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a person may give a report. `default` is None for one that has to be given."""

    name: str
    type: str
    description: str
    default: object | None
    choices: tuple[str, ...]

    def parse(self, value: object) -> object:
        """The value in the parameter's type; raises InvalidParameter."""
        if self.type == "Date":
            return _parse_date(self.name, value)
        if self.type == "UInt64":
            return _parse_number(self.name, value)
        if self.choices and value not in self.choices:
            raise InvalidParameter(self.name, f"has to be one of {', '.join(self.choices)}, not {value!r}")
        return str(value)


@dataclass(frozen=True, slots=True)
class Report:
    """One question."""

    name: str
    description: str
    scope: frozenset[str]
    parameters: tuple[Parameter, ...]
    sql: str

    def parse(self, given: Mapping[str, object]) -> dict[str, object]:
        """The parameters' values with defaults filled in; raises InvalidParameter."""
        known = {parameter.name: parameter for parameter in self.parameters}
        for name in given:
            if name not in known:
                raise InvalidParameter(name, f"is no parameter of {self.name}; it has {', '.join(known)}")
        values: dict[str, object] = {}
        for name, parameter in known.items():
            value = given.get(name)
            if value is None and parameter.default is None:
                raise InvalidParameter(name, "has to be given")
            values[name] = parameter.default if value is None else parameter.parse(value)
        start, end = values.get("start_date"), values.get("end_date")
        if isinstance(start, date) and isinstance(end, date) and start > end:
            raise InvalidParameter("end_date", f"{end} is before the start_date {start}")
        return values


@dataclass(frozen=True, slots=True)
class Answer:
    """A report's rows, and the columns' names even where there is no row."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    def records(self) -> list[dict[str, Any]]:
        """The rows by column name."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


def names() -> list[str]:
    """The reports' names in alphabetical order."""
    return sorted(path.stem for path in QUERIES.glob("*.sql"))


@cache
def load(name: str) -> Report:
    """The report of this name; raises UnknownReport."""
    if name not in names():
        raise UnknownReport(name)
    return _parse_report(name, (QUERIES / f"{name}.sql").read_text(encoding="utf-8"))


def run(
    warehouse: Warehouse,
    name: str,
    *,
    seller: int | str = EVERY_SELLER,
    **given: object,
) -> Answer:
    """The report's answer, for the products of the seller with this id or for the whole shop.

    Raises UnknownReport, InvalidParameter, NotForSellers, and what the warehouse raises.
    """
    report = load(name)
    whose = _parse_number("seller", seller)
    if whose != EVERY_SELLER and SELLER not in report.scope:
        raise NotForSellers(name)
    used = {match.group(1) for match in _PLACEHOLDER.finditer(report.sql)}
    own: dict[str, Callable[[], object]] = {
        "seller": lambda: whose,
        "time_zone": lambda: warehouse.settings.time_zone,
        # Read before the report is: a day that was clean then can only become more complete.
        "dirty_days": lambda: rollups.dirty_days(warehouse),
    }
    parameters = report.parse(given) | {name: read() for name, read in own.items() if name in used}
    columns, rows = warehouse.table(report.sql, parameters)
    return Answer(columns=tuple(columns), rows=tuple(tuple(row) for row in rows))


def _parse_report(name: str, text: str) -> Report:
    head = [line.removeprefix("--").strip() for line in text.splitlines() if line.startswith("--")]
    described = dict(line.split(": ", 1) for line in head if re.match(r"[a-z_]+: ", line))
    types = {match.group(1): match.group(2) for match in _PLACEHOLDER.finditer(text)}
    scope = frozenset(described.pop("scope").split(", "))
    if (SELLER in scope) != ("seller" in types):
        raise InvalidParameter("seller", f"{name}.sql has to use it exactly if its scope names sellers")
    parameters = tuple(
        Parameter(
            name=parameter,
            type=types[parameter],
            description=described[parameter],
            default=_DEFAULTS.get(parameter),
            choices=CHOICES.get(parameter, ()),
        )
        for parameter in types
        if parameter not in _GIVEN_BY_THE_CALLER
    )
    description = " ".join(line for line in head if not re.match(r"[a-z_]+: ", line))
    return Report(name=name, description=description, scope=scope, parameters=parameters, sql=text)


def _parse_date(name: str, value: object) -> date:
    try:
        parsed = value if isinstance(value, date) else date.fromisoformat(str(value))
    except ValueError as error:
        raise InvalidParameter(name, f"has to be a date like 2026-01-31, not {value!r}") from error
    if not _FIRST_DAY <= parsed <= _LAST_DAY:
        raise InvalidParameter(name, f"has to be between {_FIRST_DAY} and {_LAST_DAY}")
    return parsed


def _parse_number(name: str, value: object) -> int:
    text = str(value)
    if not text.isascii() or not text.isdigit() or int(text) >= 2**63:
        raise InvalidParameter(name, f"has to be a whole number, not {value!r}")
    return int(text)
