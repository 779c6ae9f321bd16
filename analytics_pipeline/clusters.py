"""The warehouse's statements for a named cluster of ClickHouse servers: docs/decisions/cluster.md.

Events and their contents are sharded by event id: `NAME_local` on each shard, replicated within it, behind a
distributed table NAME, so that all copies of an event meet on one shard. Every other table is replicated
to all servers as a whole, so that joins and REPLACE PARTITION are local.

The schema files and the rest of the pipeline are written for one server. `translated` turns each of their
statements into those for a cluster.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

# The function of a sharded table's columns that decides on the shard. Both keep copies of one event together.
SHARDED: Mapping[str, str] = MappingProxyType(
    {"events": "sipHash64(event_id)", "event_contents": "sipHash64(event_id)"}
)
# `{shard}` and `{replica}` are macros of each server's configuration.
SETTINGS: Mapping[str, object] = MappingProxyType(
    {
        # A read that sees a mark (day_changes) sees the events that were inserted before it, on any replica.
        "insert_quorum": "auto",
        "insert_quorum_parallel": 0,
        "select_sequential_consistency": 1,
        # An insert into a distributed table ends when the shards have the rows.
        "distributed_foreground_insert": 1,
        # Two equal blocks in a row are two changes of a day, not one that was sent twice.
        "insert_deduplicate": 0,
        # The initiator evaluates a subquery on a distributed table once, and sends the result to the shards.
        "distributed_product_mode": "global",
        "distributed_ddl_task_timeout": 120,
        "mutations_sync": 2,
        "alter_sync": 2,
    }
)
_COMMENTS = re.compile(r"\A(?:--[^\n]*\n|\s)+")
_ENGINE = re.compile(r"\bENGINE = (\w*MergeTree)(?:\(([^)]*)\))?")
_TABLE = re.compile(r"CREATE TABLE (IF NOT EXISTS )?(\w+)", re.IGNORECASE)
_VIEW = re.compile(r"(CREATE (?:OR REPLACE )?(?:MATERIALIZED )?VIEW (?:IF NOT EXISTS )?(\w+))", re.IGNORECASE)
_MATERIALIZED = re.compile(r"CREATE MATERIALIZED VIEW", re.IGNORECASE)
_DROP = re.compile(r"(DROP (?:TABLE|VIEW) (?:IF EXISTS )?(\w+))", re.IGNORECASE)
_ALTER = re.compile(r"(ALTER TABLE )(\w+)(\s+)(\w+ \w+)", re.IGNORECASE)
_DELETE = re.compile(r"(DELETE FROM )(\w+)", re.IGNORECASE)
_DATABASE = re.compile(r"(CREATE DATABASE (?:IF NOT EXISTS )?(\S+))", re.IGNORECASE)
_COLUMN_CHANGES = re.compile(r"(ADD|DROP|MODIFY|RENAME) COLUMN", re.IGNORECASE)
_COMMENTED = re.compile(r"--[^\n]*")


def translated(statement: str, *, cluster: str) -> list[str]:
    """Return the statements that do on the cluster what this one does on one server, in their order.

    A statement that reads, or inserts, is the same on a cluster.
    """
    code = _COMMENTS.sub("", statement)
    rules: list[tuple[re.Pattern[str], Callable[[re.Match[str], str, str], list[str]]]] = [
        (_TABLE, _created),
        (_VIEW, _viewed),
        (_DROP, _everywhere),
        (_DATABASE, _everywhere),
        (_ALTER, _altered),
        (_DELETE, _deleted),
    ]
    for pattern, rule in rules:
        if matched := pattern.match(code):
            return rule(matched, code, f"ON CLUSTER '{cluster}'")
    return [statement]


def _everywhere(matched: re.Match[str], code: str, on: str) -> list[str]:
    return [f"{matched.group(1)} {on}{code[matched.end() :]}"]


def _created(matched: re.Match[str], code: str, on: str) -> list[str]:
    if_absent, name = matched.group(1) or "", matched.group(2)
    rest = code[matched.end() :]
    # A table that exists for a moment (a stage or a claim) has an engine without a replica.
    if not if_absent:
        return [f"CREATE TABLE {name} {on}{rest}"]
    sharded = name in SHARDED
    local = f"{name}_local" if sharded else name
    replicated = (
        f"CREATE TABLE IF NOT EXISTS {local} {on}{_ENGINE.sub(_replicated(local, sharded), rest, count=1)}"
    )
    if not sharded:
        return [replicated]
    cluster = on.removeprefix("ON CLUSTER ")
    distributed = (
        f"CREATE TABLE IF NOT EXISTS {name} {on} AS {local} "
        f"ENGINE = Distributed({cluster}, currentDatabase(), {local}, {SHARDED[name]})"
    )
    return [replicated, distributed]


def _replicated(name: str, sharded: bool) -> Callable[[re.Match[str]], str]:
    """Return the engine with a path in the keeper: one for each shard, or one for all servers."""
    place, replica = ("{shard}", "{replica}") if sharded else ("all", "{shard}-{replica}")

    def engine(matched: re.Match[str]) -> str:
        arguments = [f"'/clickhouse/tables/{place}/{{database}}/{name}'", f"'{replica}'"]
        if matched.group(2):
            arguments.append(matched.group(2))
        return f"ENGINE = Replicated{matched.group(1)}({', '.join(arguments)})"

    return engine


def _viewed(matched: re.Match[str], code: str, on: str) -> list[str]:
    rest = code[matched.end() :]
    if _MATERIALIZED.match(code):
        # An insert is seen by the view of the server that stores the rows, which is one of their shard.
        code_only = _COMMENTED.sub("", rest)
        for name in SHARDED:
            code_only = re.sub(rf"\b(TO|FROM|JOIN) {name}\b", rf"\1 {name}_local", code_only)
        rest = code_only
    return [f"{matched.group(1)} {on}{rest}"]


def _altered(matched: re.Match[str], code: str, on: str) -> list[str]:
    name, rest = matched.group(2), code[matched.end(2) :]
    if name not in SHARDED:
        # The replicas of a table tell each other.
        return [code]
    local = f"ALTER TABLE {name}_local {on}{rest}"
    # The distributed table has no rows, but columns; they are added to it last and could be read at once.
    return [local, f"ALTER TABLE {name} {on}{rest}"] if _COLUMN_CHANGES.match(matched.group(4)) else [local]


def _deleted(matched: re.Match[str], code: str, on: str) -> list[str]:
    name = matched.group(2)
    return [f"{matched.group(1)}{name}_local {on}{code[matched.end() :]}"] if name in SHARDED else [code]
