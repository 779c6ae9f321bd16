"""Run statements in a prepared connection and fetch their rows."""

import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from analytics_pipeline.chdb_server import errors, formats, statements
from analytics_pipeline.chdb_server.quoting import literal
from analytics_pipeline.chdb_server.request import Request

_BLOCK = 1024 * 1024
_INSERT_SETTINGS = re.compile(r"(.*?)(\sSETTINGS\s.*)?", re.DOTALL | re.IGNORECASE)


@dataclass(slots=True)
class StatementResult:
    """The result of a statement: blocks of bytes in a format, and the counts up to now."""

    blocks: Iterator[bytes | memoryview]
    format: str | None = None
    summary: dict[str, int] = field(default_factory=dict)


def compute(connection: Any, text: bytes, request: Request, *, format_: str | None) -> StatementResult:
    """Run a statement and return its result, which is held in memory as a whole."""
    result = connection.query(text, request.default_format, params=dict(request.parameters))
    summary = {
        "read_rows": result.storage_rows_read(),
        "read_bytes": result.storage_bytes_read(),
        "written_rows": result.rows_written(),
        "written_bytes": result.bytes_written(),
        "result_rows": result.rows_read(),
    }
    view = memoryview(result.bytes())
    blocks = (view[start : start + _BLOCK] for start in range(0, len(view), _BLOCK))
    return StatementResult(blocks=blocks, format=format_, summary=summary)


def stream(connection: Any, text: bytes, request: Request, *, format_: str | None) -> StatementResult:
    """Run a statement and return its result, which is fetched block by block."""
    # chdb's public iterator drops blocks without rows. An empty result consists of such a block, with the
    # head.
    raw = connection._conn
    handle = raw.send_query(text, request.default_format, params=dict(request.parameters))
    result = StatementResult(blocks=iter(()), format=format_)
    result.blocks = formats.join(_fetched(raw, handle, summary=result.summary), format_=format_)
    return result


def _fetched(raw: Any, handle: Any, *, summary: dict[str, int]) -> Iterator[bytes]:
    while True:
        try:
            result = raw.streaming_fetch_result(handle)
        except RuntimeError as error:
            raise errors.from_engine(str(error)) from error
        for name, count in (
            ("read_rows", result.storage_rows_read()),
            ("read_bytes", result.storage_bytes_read()),
            ("result_rows", result.rows_read()),
        ):
            summary[name] = summary.get(name, 0) + count
        if not result.size():
            return
        yield result.bytes()


def insert_rows(
    connection: Any, insert: statements.Insert, request: Request, *, head: bytes
) -> StatementResult:
    """Insert the rows that follow the statement; `head` is the part of the body already read."""
    # Not chdb's own streaming insert: that counts rows as written and reports success although the table
    # refused them, for instance because a constraint is violated or the disk is full.
    with tempfile.NamedTemporaryFile() as file:
        file.write(head[insert.data_offset :])
        shutil.copyfileobj(request.body, file, _BLOCK)
        file.flush()
        into, settings = _INSERT_SETTINGS.fullmatch(insert.statement).groups("")  # type: ignore[union-attr]
        source = f"FROM INFILE {literal(file.name)} COMPRESSION 'none'"
        statement = f"{into} {source} {settings} FORMAT {insert.format}"
        result = connection.query(statement, "Null", params=dict(request.parameters))
    rows = result.rows_written()
    summary = {"written_rows": rows, "written_bytes": result.bytes_written(), "result_rows": rows}
    return StatementResult(blocks=iter(()), summary=summary)
