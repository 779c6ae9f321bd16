"""Statements in, rows out: one connection to the engine for each request.

A connection keeps settings, a database, temporary tables and, after an error, rows that were not sent.
Therefore each request has a connection of its own, which is discarded with everything in it.
"""

import re
import shutil
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import accumulate, islice
from pathlib import Path
from typing import Any, BinaryIO

import chdb

from analytics_pipeline.chdb_server import errors, formats, statements
from analytics_pipeline.chdb_server.errors import Code
from analytics_pipeline.chdb_server.guard import Guard, Role, evaluates_calls, permit_database, permit_setting

_CONFIG = Path(__file__).parent / "config" / "config.xml"
_BLOCK = 1024 * 1024
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TEMPORARY_TABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
_STRUCTURE = re.compile(r"[\w\s,()=.'`/+-]+")
_WORD = re.compile(r"\w+")
_EXPRESSION = frozenset(
    {"ALIAS", "AS", "ASSUME", "CHECK", "DEFAULT", "EPHEMERAL", "MATERIALIZED", "SELECT", "TTL"}
)
_SQL_LIMIT = 64 * 1024 * 1024
_HEAD_LIMIT = 256 * 1024
# An answer in a format that can't be streamed is in memory at once.
_WHOLE_ANSWER = {"max_result_bytes": str(512 * 1024 * 1024)}
_LITERALS_ONLY = {
    "input_format_values_deduce_templates_of_expressions": "0",
    "input_format_values_interpret_expressions": "0",
}
_INSERT_SETTINGS = re.compile(r"(.*?)(\sSETTINGS\s.*)?", re.DOTALL | re.IGNORECASE)
_STATEMENTS_AT_ONCE = 64
_SHOPS_SECONDS = 600
_ANALYSTS_LIMITS = {
    "max_execution_time": "60",
    "max_memory_usage": "2000000000",
    "max_result_bytes": "1000000000",
}
# In `system.processes`, where a client's id of its statement is found; the engine's own ids can't be chosen.
_ID_SETTING = "log_comment"
_KILL = re.compile(r"KILL QUERY WHERE query_id = ('(?:[^'\\]|\\.)*')( SYNC| ASYNC| TEST)?( FORMAT \w+)?")


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
    query_id: str
    role: Role = Role.SHOP
    default_format: str = "TabSeparated"
    parameters: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    database: str | None = None
    session: str | None = None
    externals: tuple[External, ...] = ()
    readonly: bool = False


@dataclass(slots=True)
class Answer:
    """What a statement answered: blocks of bytes in a format, and what was counted up to now."""

    blocks: Iterator[bytes | memoryview]
    format: str | None = None
    summary: dict[str, int] = field(default_factory=dict)


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
        """Run a statement of this server's own that answers with nothing."""
        with self._connection() as connection:
            connection.query(statement)

    def close(self) -> None:
        """Close the engine; the folder may be opened by another process afterwards."""
        self._root.close()

    @contextmanager
    def execute(self, request: Request) -> Iterator[Answer]:
        """Run the request's statement; the answer's blocks are valid inside the context.

        Raises:
            EngineError: the statement was refused or failed; also from the iterator of a streamed answer.
        """
        with self._registered(request), self._connection() as connection:
            try:
                yield self._answer(connection, request)
            except (chdb.ChdbError, RuntimeError) as error:
                raise errors.from_engine(str(error)) from error
            except UnicodeDecodeError as error:
                raise _bad("The statement is not UTF-8") from error

    def kill(self, query_id: str) -> None:
        """End the running statement with this id, if there is one."""
        self.command(f"KILL QUERY WHERE Settings['{_ID_SETTING}'] = {_literal(query_id)} ASYNC")

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

    def _answer(self, connection: Any, request: Request) -> Answer:
        head = request.query + request.body.read(_HEAD_LIMIT)
        # A statement of an analyst, or one by GET, runs only after its whole text was examined.
        can_insert = request.role is Role.SHOP and not request.readonly
        insert = statements.split_insert(head) if can_insert else None
        if insert is not None:
            self._guard.permit(head[: insert.data_offset], role=request.role, readonly=request.readonly)
            if insert.kind == "format":
                _prepare(connection, request)
                return _insert(connection, insert, request, head=head)
        text = _whole(head, request.body)
        if insert is not None:
            literal = evaluates_calls(text[insert.data_offset :])
            _prepare(connection, request, more=_LITERALS_ONLY if literal else {})
            return _compute(connection, text, request, format_=None)
        text = self._permitted(text, request)
        format_ = statements.answer_format(text, default=request.default_format)
        if formats.can_stream(format_) and statements.can_stream(text) and "extremes" not in request.settings:
            _prepare(connection, request)
            return _stream(connection, text, request, format_=format_)
        _prepare(connection, request, more=_WHOLE_ANSWER if format_ else {})
        return _compute(connection, text, request, format_=format_)

    def _permitted(self, text: bytes, request: Request) -> bytes:
        if not statements.first_word(text):
            raise errors.refuse("Empty query", code=Code.SYNTAX_ERROR)
        text = self._guard.permit(text, role=request.role, readonly=request.readonly)
        if request.session is not None and _needs_session(text):
            raise errors.refuse(
                "Sessions keep nothing here: send settings and the database with each request, and read "
                "external tables instead of temporary ones",
                code=Code.NOT_IMPLEMENTED,
            )
        word = statements.first_word(text)
        if word == b"INSERT" and request.readonly:
            raise errors.refuse("A request by GET can't insert: send it by POST", code=Code.READONLY)
        return self._with_engines_id(text, role=request.role) if word == b"KILL" else text

    def _with_engines_id(self, text: bytes, *, role: Role) -> bytes:
        """Return a KILL QUERY that names the statement as the engine knows it."""
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
        return f"KILL QUERY WHERE Settings['{_ID_SETTING}'] = {matched.group(1)}{rest}".encode()

    def _canonical(self, text: bytes) -> str:
        """Return the statement in the engine's own spelling.

        Raises:
            EngineError: the text isn't one statement.
        """
        literal = b"'" + text.replace(b"\\", b"\\\\").replace(b"'", b"\\'") + b"'"
        setting = f"max_query_size = {4 * _SQL_LIMIT}".encode()
        question = b"SELECT ifNull(formatQuerySingleLineOrNull(%s), '') SETTINGS %s"
        with self._connection() as connection:
            connection.query(f"SET max_query_size = {4 * _SQL_LIMIT}")
            canonical = connection.query(question % (literal, setting), "RawBLOB").bytes().decode()
            if not canonical:
                # The same function without OrNull says what is wrong.
                connection.query(question.replace(b"OrNull", b"") % (literal, setting), "RawBLOB")
                raise errors.refuse("The statement can't be read", code=Code.SYNTAX_ERROR)
        return str(canonical)

    def _value(self, query: str) -> str:
        with self._connection() as connection:
            return str(connection.query(query, "TabSeparated").bytes().decode().strip())


def _prepare(connection: Any, request: Request, *, more: Mapping[str, str] | None = None) -> None:
    if request.database:
        permit_database(request.database, role=request.role)
        connection.query(f"USE {_identifier(request.database)}")
    if request.externals:
        # The role comes after them, because it can't create tables; what they hold is data of the client.
        connection.query(f"SET {_settings(_LITERALS_ONLY)}")
        for external in request.externals:
            _load_external(connection, external)
        connection.query(f"SET {', '.join(f'{name} = DEFAULT' for name in _LITERALS_ONLY)}")
    defaults = {"max_execution_time": str(_SHOPS_SECONDS)}
    if request.role is Role.ANALYST:
        # The profile brings its constraints and not its values. They are set first, because a constraint only
        # examines what differs from the value before, which is 0 (no limit) here.
        connection.query("SET profile = 'analyst'")
        connection.query(f"SET {_settings(_ANALYSTS_LIMITS)}")
        defaults = {}
    for name in request.settings:
        permit_setting(name)
    settings = {**defaults, **request.settings, **(more or {}), _ID_SETTING: request.query_id}
    connection.query(f"SET {_settings(settings)}")
    if request.role is Role.ANALYST:
        connection.query("SET ROLE analyst")
        connection.query("SET readonly = 1")
    elif request.readonly:
        connection.query("SET readonly = 2")


def _compute(connection: Any, text: bytes, request: Request, *, format_: str | None) -> Answer:
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
    return Answer(blocks=blocks, format=format_, summary=summary)


def _stream(connection: Any, text: bytes, request: Request, *, format_: str | None) -> Answer:
    # The public iterator drops a block without rows, which is all of an empty answer's head.
    raw = connection._conn
    handle = raw.send_query(text, request.default_format, params=dict(request.parameters))
    answer = Answer(blocks=iter(()), format=format_)
    answer.blocks = formats.join(_fetched(raw, handle, summary=answer.summary), format_=format_)
    return answer


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


def _insert(connection: Any, insert: statements.Insert, request: Request, *, head: bytes) -> Answer:
    # Not chdb's own streaming insert: that counts rows as written and reports success although the table
    # refused them, for instance because a constraint is violated or the disk is full.
    with tempfile.NamedTemporaryFile() as file:
        file.write(head[insert.data_offset :])
        shutil.copyfileobj(request.body, file, _BLOCK)
        file.flush()
        into, settings = _INSERT_SETTINGS.fullmatch(insert.statement).groups("")  # type: ignore[union-attr]
        source = f"FROM INFILE {_literal(file.name)} COMPRESSION 'none'"
        statement = f"{into} {source} {settings} FORMAT {insert.format}"
        result = connection.query(statement, "Null", params=dict(request.parameters))
    rows = result.rows_written()
    summary = {"written_rows": rows, "written_bytes": result.bytes_written(), "result_rows": rows}
    return Answer(blocks=iter(()), summary=summary)


def _whole(head: bytes, body: BinaryIO) -> bytes:
    text = head + body.read(_SQL_LIMIT)
    if body.read(1):
        raise errors.refuse(f"The query is longer than {_SQL_LIMIT} bytes", code=Code.QUERY_IS_TOO_LARGE)
    return text


def _needs_session(text: bytes) -> bool:
    words = list(islice(statements.words(text), 2))
    return words[:1] in ([b"SET"], [b"USE"]) or words == [b"CREATE", b"TEMPORARY"]


def _load_external(connection: Any, external: External) -> None:
    if not _TEMPORARY_TABLE_NAME.fullmatch(external.name) or not _NAME.fullmatch(external.format):
        raise _bad(f"{external.name!r} in {external.format!r} can't be an external table")
    if not _is_structure(external.structure):
        raise _bad(f"{external.structure!r} is not a list of columns and their types")
    name = _identifier(external.name)
    connection.query(f"CREATE TEMPORARY TABLE {name} ({external.structure})")
    with connection.send_insert(f"INSERT INTO {name}", external.format) as inserter:
        inserter.append(external.data)
        inserter.finish()


def _is_structure(text: str) -> bool:
    """Return whether the text can only be names and types, and doesn't close the bracket it will stand in."""
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
        raise _bad(f"{name!r} is not the name of a setting")
    return f"{name} = {_literal(value)}"


def _literal(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _identifier(name: str) -> str:
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def _bad(reason: str) -> errors.EngineError:
    return errors.refuse(reason, code=Code.BAD_ARGUMENTS)
