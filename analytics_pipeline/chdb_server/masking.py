"""Hide the machine's paths from analysts in the system tables that drivers need.

The engine has no grants for columns of `system.databases` and `system.tables`. A statement that reads one of
them is therefore changed to read a subquery with the same rows and columns, in which the paths are empty.
"""

from collections.abc import Sequence
from typing import NamedTuple

from analytics_pipeline.chdb_server import errors
from analytics_pipeline.chdb_server.quoting import identifier
from analytics_pipeline.chdb_server.statements import Token

_SUBQUERIES = {
    # An asterisk doesn't include the alias columns `database` and `table`, which queries may name.
    "DATABASES": "(SELECT * REPLACE ('' AS data_path, '' AS metadata_path), name AS database "
    "FROM system.databases)",
    # JDBC treats a table without paths as a remote one.
    "TABLES": "(SELECT * REPLACE (arrayMap(path -> '', data_paths) AS data_paths, '' AS metadata_path), "
    "name AS `table` FROM system.tables)",
}
_NO_TOKEN = Token("", "", is_name=False)


class _Reference(NamedTuple):
    """A table with paths, or one of its columns, in a statement."""

    schema: Token
    table: Token
    before: Token
    after: Token
    alias: str

    @property
    def is_column(self) -> bool:
        return self.after.text == "."


def masked(canonical: str, tokens: Sequence[Token]) -> str:
    """Return the statement with the subqueries in place of the tables. `tokens` are those of `canonical`.

    Raises:
        EngineError: one of the tables is read in another way than by FROM or JOIN.
    """
    references = [found for position in range(len(tokens)) if (found := _reference(tokens, position))]
    text = canonical.encode()
    parts: list[bytes] = []
    end = 0
    for reference in references:
        replacement = _qualifier(reference, references) if reference.is_column else _subquery(reference)
        parts += [text[end : reference.schema.start], replacement.encode()]
        end = reference.table.end
    return b"".join([*parts, text[end:]]).decode()


def _reference(tokens: Sequence[Token], position: int) -> _Reference | None:
    before, schema, dot, table, after, alias = (_at(tokens, position + offset) for offset in range(-1, 5))
    if not schema.is_name or schema.upper != "SYSTEM" or dot.text != "." or table.upper not in _SUBQUERIES:
        return None
    return _Reference(schema, table, before, after, alias.text if after.upper == "AS" else "")


def _qualifier(column: _Reference, references: Sequence[_Reference]) -> str:
    """Return the name of the subquery whose column this is.

    ClickHouse accepts the table's own name for a table that has an alias, and JDBC relies on that.
    """
    aliases = {
        other.alias for other in references if other.table.upper == column.table.upper and not other.is_column
    }
    return identifier(next(iter(aliases)) if len(aliases) == 1 and aliases != {""} else column.table.text)


def _subquery(table: _Reference) -> str:
    if table.before.upper not in {"FROM", "JOIN"} and table.before.text != ",":
        reason = f"This user can read system.{table.table.text} only after FROM or JOIN"
        raise errors.refuse(reason, code=errors.Code.ACCESS_DENIED)
    alias = "" if table.alias else f" AS {identifier(table.table.text)}"
    return _SUBQUERIES[table.table.upper] + alias


def _at(tokens: Sequence[Token], position: int) -> Token:
    return tokens[position] if 0 <= position < len(tokens) else _NO_TOKEN
