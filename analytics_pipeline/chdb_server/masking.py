"""Hides the machine's paths from analysts in the system tables that drivers need.

The engine has no grants for columns of `system.databases` and `system.tables`. A statement that reads one of
them is therefore changed to read a subquery with the same rows and columns, in which the paths are empty.
"""

from collections.abc import Sequence

from analytics_pipeline.chdb_server import errors
from analytics_pipeline.chdb_server.statements import Token

_SUBQUERIES = {
    # An asterisk doesn't include the alias columns `database` and `table`, which queries may name.
    "DATABASES": "(SELECT * REPLACE ('' AS data_path, '' AS metadata_path), name AS database "
    "FROM system.databases)",
    "TABLES": "(SELECT * REPLACE (emptyArrayString() AS data_paths, '' AS metadata_path), name AS `table` "
    "FROM system.tables)",
}
_NO_TOKEN = Token("", "", is_name=False)


def masked(canonical: str, tokens: Sequence[Token]) -> str:
    """Return the statement with the subqueries in place of the tables. `tokens` are those of `canonical`.

    Raises:
        EngineError: one of the tables is read in another way than by FROM or JOIN.
    """
    text = canonical.encode()
    parts: list[bytes] = []
    end = 0
    for position, token in enumerate(tokens):
        name = _masked_table(tokens, position)
        if name is None:
            continue
        before, after = _at(tokens, position - 1), _at(tokens, position + 3)
        parts += [text[end : token.start], _replacement(name, before=before, after=after).encode()]
        end = name.end
    return b"".join([*parts, text[end:]]).decode()


def _masked_table(tokens: Sequence[Token], position: int) -> Token | None:
    """Return the name after `system.` if these tokens are a table with paths."""
    schema, dot, name = (_at(tokens, position + offset) for offset in range(3))
    qualified = schema.is_name and schema.upper == "SYSTEM" and dot.text == "."
    return name if qualified and name.upper in _SUBQUERIES else None


def _replacement(name: Token, *, before: Token, after: Token) -> str:
    if after.text == ".":
        # A column of the subquery, which has the table's name as its alias.
        return f"`{name.text}`"
    if before.upper in {"FROM", "JOIN"} or before.text == ",":
        return _SUBQUERIES[name.upper] + ("" if after.upper == "AS" else f" AS `{name.text}`")
    reason = f"This user can read system.{name.text} only after FROM or JOIN"
    raise errors.refuse(reason, code=errors.Code.ACCESS_DENIED)


def _at(tokens: Sequence[Token], position: int) -> Token:
    return tokens[position] if 0 <= position < len(tokens) else _NO_TOKEN
