"""Run statements, with one connection to the engine for each request.

A connection keeps settings, a database, temporary tables and, after an error, rows that were not sent.
Therefore each request has a connection of its own, which is discarded with everything in it.
"""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import chdb

from analytics_pipeline.chdb_server import errors, formats, statements
from analytics_pipeline.chdb_server.errors import Code, bad_argument
from analytics_pipeline.chdb_server.execution import StatementResult, compute, insert_rows, stream
from analytics_pipeline.chdb_server.guard import Guard, Role, evaluates_calls
from analytics_pipeline.chdb_server.preparation import ID_SETTING, LITERALS_ONLY, prepare
from analytics_pipeline.chdb_server.quoting import literal
from analytics_pipeline.chdb_server.request import Request

_CONFIG = Path(__file__).parent / "config" / "config.xml"
_SQL_LIMIT = 64 * 1024 * 1024
_HEAD_LIMIT = 256 * 1024
# A result in a format that can't be streamed is held in memory as a whole.
_WHOLE_RESULT_BYTES = 512 * 1024 * 1024
_STATEMENTS_AT_ONCE = 64
_KILL = re.compile(r"KILL QUERY WHERE query_id = ('(?:[^'\\]|\\.)*')( SYNC| ASYNC| TEST)?( FORMAT \w+)?")


class Engine:
    """The owner of one data folder. Safe to use from several threads at once."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = str(folder.resolve())
        # The engine runs as long as one connection to it is open.
        self._root = chdb.connect(f"{self._folder}?config-file={_CONFIG}")
        self._guard = Guard(self._canonical)
        self._running: dict[str, Role] = {}
        self._lock = threading.Lock()
        self.time_zone = self._value("SELECT timezone()")

    def command(self, statement: str) -> None:
        """Run one of this server's own statements, which returns no rows."""
        with self._connection() as connection:
            connection.query(statement)

    def close(self) -> None:
        """Close the engine; the folder may be opened by another process afterwards."""
        self._root.close()

    @contextmanager
    def execute(self, request: Request) -> Iterator[StatementResult]:
        """Run the request's statement; the result's blocks are valid inside the context.

        Raises:
            EngineError: the statement was refused or failed; also from the iterator of a streamed result.
        """
        with self._registered(request), self._connection() as connection:
            try:
                yield self._run(connection, request)
            except (chdb.ChdbError, RuntimeError) as error:
                raise errors.from_engine(str(error)) from error
            except UnicodeDecodeError as error:
                raise bad_argument("The statement is not UTF-8") from error

    def kill(self, query_id: str) -> None:
        """End the running statement with this id, if there is one."""
        self.command(f"KILL QUERY WHERE Settings['{ID_SETTING}'] = {literal(query_id)} ASYNC")

    @contextmanager
    def _connection(self) -> Iterator[Any]:
        connection = chdb.connect(self._folder)
        try:
            yield connection
        finally:
            connection.close()

    @contextmanager
    def _registered(self, request: Request) -> Iterator[None]:
        with self._lock:
            if request.query_id in self._running:
                raise errors.refuse(
                    f"A query with id {request.query_id} is already running",
                    code=Code.QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING,
                )
            if len(self._running) >= _STATEMENTS_AT_ONCE:
                raise errors.refuse(
                    f"Too many simultaneous queries: {_STATEMENTS_AT_ONCE} are running",
                    code=Code.TOO_MANY_SIMULTANEOUS_QUERIES,
                )
            self._running[request.query_id] = request.role
        try:
            yield
        finally:
            with self._lock:
                del self._running[request.query_id]

    def _run(self, connection: Any, request: Request) -> StatementResult:
        head = request.query + request.body.read(_HEAD_LIMIT)
        # A statement from an analyst, or by GET, runs only after its whole text has been examined.
        can_insert = request.role is Role.SHOP and not request.readonly
        insert = statements.split_insert(head) if can_insert else None
        if insert is not None:
            self._guard.permit(head[: insert.data_offset], role=request.role, readonly=request.readonly)
            if insert.kind == "format":
                prepare(connection, request)
                return insert_rows(connection, insert, request, head=head)
        text = _whole(head, request.body)
        if insert is not None:
            has_calls = evaluates_calls(text[insert.data_offset :])
            prepare(connection, request, more=LITERALS_ONLY if has_calls else {})
            return compute(connection, text, request, format_=None)
        text = self._permitted(text, request)
        format_ = statements.output_format(text, default=request.default_format)
        if formats.can_stream(format_) and statements.can_stream(text) and "extremes" not in request.settings:
            prepare(connection, request)
            return stream(connection, text, request, format_=format_)
        prepare(connection, request, more=_whole_result(request) if format_ else {})
        return compute(connection, text, request, format_=format_)

    def _permitted(self, text: bytes, request: Request) -> bytes:
        if not statements.first_word(text):
            raise errors.refuse("Empty query", code=Code.SYNTAX_ERROR)
        text = self._guard.permit(text, role=request.role, readonly=request.readonly)
        if request.session is not None and _needs_session(text):
            raise errors.refuse(
                "Sessions have no state here: send settings and the database with each request, and read "
                "external tables instead of temporary ones",
                code=Code.NOT_IMPLEMENTED,
            )
        word = statements.first_word(text)
        if word == b"INSERT" and request.readonly:
            raise errors.refuse("A request by GET can't insert: send it by POST", code=Code.READONLY)
        return self._find_by_id_setting(text, role=request.role) if word == b"KILL" else text

    def _find_by_id_setting(self, text: bytes, *, role: Role) -> bytes:
        """Return the KILL QUERY with a condition on the setting that holds the client's query id."""
        matched = _KILL.fullmatch(self._canonical(text))
        if matched is None:
            if role is Role.SHOP:
                return text
            raise errors.refuse("This user can only KILL QUERY WHERE query_id = '…'", code=Code.ACCESS_DENIED)
        query_id = matched.group(1)[1:-1].replace("\\'", "'").replace("\\\\", "\\")
        with self._lock:
            owner = self._running.get(query_id, role)
        if role is Role.ANALYST and owner is not role:
            raise errors.refuse("This user can't end the statements of others", code=Code.ACCESS_DENIED)
        rest = "".join(matched.groups("")[1:])
        return f"KILL QUERY WHERE Settings['{ID_SETTING}'] = {matched.group(1)}{rest}".encode()

    def _canonical(self, text: bytes) -> str:
        """Return the statement in the engine's own spelling.

        Raises:
            EngineError: the text isn't one statement.
        """
        literal = b"'" + text.replace(b"\\", b"\\\\").replace(b"'", b"\\'") + b"'"
        setting = f"max_query_size = {4 * _SQL_LIMIT}".encode()
        query = b"SELECT ifNull(formatQuerySingleLineOrNull(%s), '') SETTINGS %s"
        with self._connection() as connection:
            connection.query(f"SET max_query_size = {4 * _SQL_LIMIT}")
            canonical = connection.query(query % (literal, setting), "RawBLOB").bytes().decode()
            if not canonical:
                # The same function without OrNull raises an error that says what is wrong.
                connection.query(query.replace(b"OrNull", b"") % (literal, setting), "RawBLOB")
                raise errors.refuse("The statement can't be parsed", code=Code.SYNTAX_ERROR)
        return str(canonical)

    def _value(self, query: str) -> str:
        with self._connection() as connection:
            return str(connection.query(query, "TabSeparated").bytes().decode().strip())


def _whole_result(request: Request) -> dict[str, str]:
    """Return the limit of a result that is held in memory, unless the request sets a lower one."""
    wanted = request.settings.get("max_result_bytes", "")
    if wanted.isascii() and wanted.isdigit() and 0 < int(wanted) < _WHOLE_RESULT_BYTES:
        return {}
    return {"max_result_bytes": str(_WHOLE_RESULT_BYTES)}


def _whole(head: bytes, body: BinaryIO) -> bytes:
    text = head + body.read(_SQL_LIMIT)
    if body.read(1):
        raise errors.refuse(f"The query is longer than {_SQL_LIMIT} bytes", code=Code.QUERY_IS_TOO_LARGE)
    return text


def _needs_session(text: bytes) -> bool:
    words = list(islice(statements.words(text), 2))
    return words[:1] in ([b"SET"], [b"USE"]) or words == [b"CREATE", b"TEMPORARY"]
