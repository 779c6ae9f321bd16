"""Statements in, rows out: the engine's connections, sessions and inserts."""

import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import chdb

from analytics_pipeline.chdb_server import errors, statements

_BLOCK = 1024 * 1024
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TEMPORARY_TABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
_SQL_LIMIT = 64 * 1024 * 1024
_HEAD_LIMIT = 256 * 1024

# A shop's laptop serves much else: few background threads, small caches.
_ENGINE_OPTIONS = {
    "background_pool_size": 2,
    "background_schedule_pool_size": 4,
    "mark_cache_size": 64 * 1024 * 1024,
    "uncompressed_cache_size": 0,
    "index_mark_cache_size": 16 * 1024 * 1024,
}


@dataclass(frozen=True, slots=True)
class External:
    """Rows that came with a query, to be read as a table of this name."""

    name: str
    structure: str
    format: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Request:
    """One statement with everything that the protocol puts beside it."""

    query: bytes
    body: BinaryIO
    default_format: str = "TabSeparated"
    parameters: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    database: str | None = None
    session: str | None = None
    session_timeout: float = 60.0
    externals: tuple[External, ...] = ()
    streaming: bool = False
    readonly: bool = False


@dataclass(slots=True)
class Answer:
    """What a statement answered: blocks of bytes in a format, and what was counted on the way."""

    blocks: Iterator[bytes]
    format: str | None = None
    summary: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class _Session:
    connection: Any
    expires_at: float
    busy: bool = False


class Engine:
    """The owner of one data folder. Safe to use from several threads at once."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        options = "&".join(f"{name}={value}" for name, value in _ENGINE_OPTIONS.items())
        self._address = f"{folder.resolve()}?{options}"
        self._sessions: dict[str, _Session] = {}
        self._lock = threading.Lock()
        # The engine lives as long as one connection to it does.
        self._root = self._connect()
        self.version = str(self._root.query("SELECT version()", "TabSeparated").bytes().decode().strip())
        self.time_zone = str(self._root.query("SELECT timezone()", "TabSeparated").bytes().decode().strip())

    def command(self, statement: str) -> None:
        """Run a statement that answers with nothing."""
        self._root.query(statement)

    def close(self) -> None:
        """Close every connection; the folder may be opened by another process afterwards."""
        with self._lock:
            for session in self._sessions.values():
                session.connection.close()
            self._sessions.clear()
            self._root.close()

    @contextmanager
    def execute(self, request: Request) -> Iterator[Answer]:
        """Run the request's statement; the answer's blocks are valid inside the context.

        Raises EngineError, also from the iterator of a streamed answer.
        """
        with self._connection(request) as connection:
            try:
                _prepare(connection, request)
                yield _run(connection, request)
            except (chdb.ChdbError, RuntimeError, UnicodeDecodeError) as error:
                raise errors.from_engine(str(error)) from error

    def _connect(self) -> Any:
        return chdb.connect(self._address)

    @contextmanager
    def _connection(self, request: Request) -> Iterator[Any]:
        # USE and SET stick to a connection, so that one without a session serves one request.
        if request.session is None:
            connection = self._connect()
            try:
                yield connection
            finally:
                connection.close()
            return
        session = self._enter_session(request.session)
        try:
            yield session.connection
        finally:
            session.expires_at = time.monotonic() + request.session_timeout
            session.busy = False

    def _enter_session(self, name: str) -> _Session:
        now = time.monotonic()
        with self._lock:
            for other, session in list(self._sessions.items()):
                if not session.busy and session.expires_at < now:
                    self._sessions.pop(other).connection.close()
            session = self._sessions.setdefault(name, _Session(connection=None, expires_at=now))
            if session.busy:
                raise errors.refuse(
                    f"Session {name} is locked by a concurrent client",
                    code=errors.SESSION_IS_LOCKED,
                    name="SESSION_IS_LOCKED",
                )
            if session.connection is None:
                session.connection = self._connect()
            session.busy = True
            return session


def _prepare(connection: Any, request: Request) -> None:
    if request.database:
        connection.query(f"USE {_identifier(request.database)}")
    if request.settings:
        connection.query(f"SET {', '.join(_setting(*item) for item in request.settings.items())}")
    for external in request.externals:
        _load_external(connection, external)
    if request.readonly:
        connection.query("SET readonly = 2")


def _run(connection: Any, request: Request) -> Answer:
    head = request.query + request.body.read(_HEAD_LIMIT)
    insert = statements.split_insert(head)
    if insert is not None:
        return _insert(connection, insert, request, head=head)
    sql = head + request.body.read(_SQL_LIMIT)
    if request.body.read(1):
        raise errors.refuse(
            f"The query is longer than {_SQL_LIMIT} bytes",
            code=errors.QUERY_IS_TOO_LARGE,
            name="QUERY_IS_TOO_LARGE",
        )
    if not statements.first_word(sql):
        raise errors.refuse("Empty query", code=errors.SYNTAX_ERROR, name="SYNTAX_ERROR")
    answer = statements.answer_format(sql, default=request.default_format)
    parameters = dict(request.parameters)
    if request.streaming and statements.can_stream(sql, answer=answer):
        stream = connection.send_query(sql, request.default_format, params=parameters)
        return Answer(blocks=(block.bytes() for block in stream), format=answer)
    result = connection.query(sql, request.default_format, params=parameters)
    summary = {
        "read_rows": result.storage_rows_read(),
        "read_bytes": result.storage_bytes_read(),
        "written_rows": result.rows_written(),
        "written_bytes": result.bytes_written(),
        "result_rows": result.rows_read(),
    }
    return Answer(blocks=iter((result.bytes(),)), format=answer, summary=summary)


def _insert(connection: Any, insert: statements.Insert, request: Request, *, head: bytes) -> Answer:
    with connection.send_insert(insert.statement, insert.format) as inserter:
        if len(head) > insert.data_offset:
            inserter.append(head[insert.data_offset :])
        while block := request.body.read(_BLOCK):
            inserter.append(block)
        written = inserter.finish()
    rows = written.rows_written
    summary = {"written_rows": rows, "written_bytes": written.bytes_written, "result_rows": rows}
    return Answer(blocks=iter(()), summary=summary)


def _load_external(connection: Any, external: External) -> None:
    if not _TEMPORARY_TABLE_NAME.fullmatch(external.name):
        raise _bad(f"{external.name!r} is no name for an external table")
    name = _identifier(external.name)
    connection.query(f"CREATE TEMPORARY TABLE {name} ({external.structure})")
    with connection.send_insert(f"INSERT INTO {name}", external.format) as inserter:
        inserter.append(external.data)
        inserter.finish()


def _setting(name: str, value: str) -> str:
    if not _NAME.fullmatch(name):
        raise _bad(f"{name!r} is no name of a setting")
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"{name} = '{escaped}'"


def _identifier(name: str) -> str:
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def _bad(reason: str) -> errors.EngineError:
    return errors.refuse(reason, code=errors.BAD_ARGUMENTS, name="BAD_ARGUMENTS")
