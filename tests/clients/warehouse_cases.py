"""The cases of the warehouse's contract: statements and their expected outcomes, which all clients share."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple


class Case(NamedTuple):
    """A statement and its expected outcome: rows as text (numbers are compared by value) or ClickHouse's error code.

    `table` in a statement stands for a table that only one client uses. `rows` is None if a statement returns no result.
    """

    name: str
    statement: str
    rows: list[list[str | None]] | None = None
    parameters: Mapping[str, Any] = {}
    error: int | None = None


CASES = [
    Case("a number", "SELECT 1 AS n", [["1"]]),
    Case("several rows", "SELECT number, number * 2 AS twice FROM numbers(3)", [["0", "0"], ["1", "2"], ["2", "4"]]),
    Case("no rows", "SELECT number FROM numbers(0)", []),
    Case("numbers", "SELECT toUInt64(9007199254740991) AS a, toInt64(-5) AS b, 1.5 AS c", [["9007199254740991", "-5", "1.5"]]),
    Case("a decimal", "SELECT toDecimal64('12.30', 2) AS price", [["12.3"]]),
    Case("a date", "SELECT toDate('2026-11-25') AS day", [["2026-11-25"]]),
    Case("a UUID", "SELECT toUUID('01890a5d-ac96-774b-bcce-b302099a8057') AS id", [["01890a5d-ac96-774b-bcce-b302099a8057"]]),
    Case("null", "SELECT CAST(NULL, 'Nullable(String)') AS missing, '' AS empty", [[None, ""]]),
    Case("a boolean", "SELECT true AS yes", [["true"]]),
    Case("dictionary-encoded text", "SELECT toLowCardinality('a') AS x, CAST('b', 'Enum8(\\'a\\' = 1, \\'b\\' = 2)') AS y", [["a", "b"]]),
    Case("a subquery first", "WITH x AS (SELECT 7 AS n) SELECT n FROM x", [["7"]]),
    Case("a comment first", "-- how many\nSELECT /* rows */ count() AS n FROM numbers(5)", [["5"]]),
    Case("a setting of the statement", "SELECT getSetting('max_block_size') AS n SETTINGS max_block_size = 1234", [["1234"]]),
    Case("a setting lasts for one statement", "SELECT getSetting('max_block_size') != 1234 AS n", [["1"]]),
    Case("a statement other than SELECT that returns rows", "EXISTS TABLE nowhere", [["0"]]),
    Case("a text parameter", "SELECT {text:String} AS x", [["tab\t, quote ' and \\ and 🏮"]], {"text": "tab\t, quote ' and \\ and 🏮"}),
    Case("two parameters", "SELECT {a:Int32} + {b:Int32} AS x", [["5"]], {"a": 2, "b": 3}),
    Case("a list as parameter", "SELECT count() AS n FROM numbers(10) WHERE number IN {ids:Array(UInt64)}", [["2"]], {"ids": [1, 2]}),
    Case("a new table", "CREATE TABLE table (id UInt64, title String, price Decimal(18, 2)) ENGINE = MergeTree ORDER BY id"),
    Case("rows in the statement", "INSERT INTO table VALUES (1, 'it''s', 2.5), (2, 'FORMAT CSV', 1 + 1)"),
    Case("rows from a query", "INSERT INTO table SELECT number + 3, 'more', 1 FROM numbers(2)"),
    Case("the inserted rows", "SELECT count() AS n, sum(price) AS total, min(title) AS first FROM table", [["4", "6.5", "FORMAT CSV"]]),
    Case("rows are deleted", "TRUNCATE TABLE table"),
    Case("no rows after the deletion", "SELECT count() AS n FROM table", [["0"]]),
    Case("a table is dropped", "DROP TABLE table"),
    Case("a syntax error", "SELEC 1", [], error=62),
    Case("an unknown table", "SELECT * FROM nowhere", [], error=60),
    Case("an unknown database", "SELECT * FROM nowhere.nothing", [], error=81),
    Case("an unknown function", "SELECT no_such_function(1)", [], error=46),
    Case("a failing function", "SELECT throwIf(1)", [], error=395),
    Case("a second statement", "SELECT 1; SELECT 2", [], error=62),
    Case("a statement after errors", "SELECT 'well' AS x", [["well"]]),
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    """Rows as text, their number, or the code and message of an error."""

    rows: list[list[str | None]] = field(default_factory=list)
    count: int = 0
    error: int | None = None
    message: str = ""


def comparable(rows: Sequence[Sequence[str | None]]) -> list[list[Decimal | str | None]]:
    """Return the rows with numbers parsed, because clients print the same number in different ways."""
    return [[_comparable(value) for value in row] for row in rows]


def _comparable(value: str | None) -> Decimal | str | None:
    try:
        return value if value is None else Decimal(value)
    except InvalidOperation:
        return value


def with_table(case: Case, *, table: str) -> Case:
    """Return the case with the name of the client's table in its statement."""
    statement = re.sub(r"(INTO|TABLE|FROM) table\b", rf"\1 {table}", case.statement)
    return case._replace(statement=statement)
