"""Prepare a connection for one request: its database, external tables, settings and role."""

import re
from collections.abc import Mapping
from itertools import accumulate
from typing import Any

from analytics_pipeline.chdb_server.errors import bad_argument
from analytics_pipeline.chdb_server.guard import Role, permit_database, permit_setting
from analytics_pipeline.chdb_server.quoting import identifier, literal
from analytics_pipeline.chdb_server.request import External, Request

# The setting that holds the query id which a client chose, shown in `system.processes`. The engine's own ids
# can't be chosen.
ID_SETTING = "log_comment"
LITERALS_ONLY = {
    "input_format_values_deduce_templates_of_expressions": "0",
    "input_format_values_interpret_expressions": "0",
}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TEMPORARY_TABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
_STRUCTURE = re.compile(r"[\w\s,()=.'`/+-]+")
_WORD = re.compile(r"\w+")
_EXPRESSION = frozenset(
    {"ALIAS", "AS", "ASSUME", "CHECK", "DEFAULT", "EPHEMERAL", "MATERIALIZED", "SELECT", "TTL"}
)
_SHOP_SECONDS = 600
_ANALYST_LIMITS = {
    "max_execution_time": "60",
    "max_memory_usage": "2000000000",
    "max_result_bytes": "1000000000",
}


def prepare(connection: Any, request: Request, *, more: Mapping[str, str] | None = None) -> None:
    """Prepare a new connection for the request's statement.

    `more` are settings of this server's own, which a client can't change.

    Raises:
        EngineError: the request names a database, a setting or an external table that it may not use.
    """
    if request.database:
        permit_database(request.database, role=request.role)
        connection.query(f"USE {identifier(request.database)}")
    if request.externals:
        # Created before the role is set, because the analyst's role can't create tables. Their rows come from
        # the client and may hold literals only.
        connection.query(f"SET {_settings(LITERALS_ONLY)}")
        for external in request.externals:
            _load_external(connection, external)
        connection.query(f"SET {', '.join(f'{name} = DEFAULT' for name in LITERALS_ONLY)}")
    defaults = {"max_execution_time": str(_SHOP_SECONDS)}
    if request.role is Role.ANALYST:
        # Setting the profile applies its constraints but not its values. Those are set next, because a
        # constraint checks only values that change, and the initial value is 0 (no limit).
        connection.query("SET profile = 'analyst'")
        connection.query(f"SET {_settings(_ANALYST_LIMITS)}")
        defaults = {}
    for name in request.settings:
        permit_setting(name)
    settings = {**defaults, **request.settings, **(more or {}), ID_SETTING: request.query_id}
    connection.query(f"SET {_settings(settings)}")
    if request.role is Role.ANALYST:
        connection.query("SET ROLE analyst")
        connection.query("SET readonly = 1")
    elif request.readonly:
        connection.query("SET readonly = 2")


def _load_external(connection: Any, external: External) -> None:
    if not _TEMPORARY_TABLE_NAME.fullmatch(external.name) or not _NAME.fullmatch(external.format):
        raise bad_argument(f"{external.name!r} in {external.format!r} can't be an external table")
    if not _is_structure(external.structure):
        raise bad_argument(f"{external.structure!r} is not a list of columns and their types")
    name = identifier(external.name)
    connection.query(f"CREATE TEMPORARY TABLE {name} ({external.structure})")
    with connection.send_insert(f"INSERT INTO {name}", external.format) as inserter:
        inserter.append(external.data)
        inserter.finish()


def _is_structure(text: str) -> bool:
    """Return whether the text consists of names and types only, with balanced brackets."""
    if (
        not _STRUCTURE.fullmatch(text)
        or "--" in text
        or not _EXPRESSION.isdisjoint(_WORD.findall(text.upper()))
    ):
        return False
    depths = list(accumulate({"(": 1, ")": -1}.get(character, 0) for character in text))
    return min(depths) >= 0 and depths[-1] == 0


def _settings(values: Mapping[str, str]) -> str:
    return ", ".join(_setting(*item) for item in values.items())


def _setting(name: str, value: str) -> str:
    if not _NAME.fullmatch(name):
        raise bad_argument(f"{name!r} is not the name of a setting")
    return f"{name} = {literal(value)}"
