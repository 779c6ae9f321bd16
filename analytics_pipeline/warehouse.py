"""The warehouse's client, for ClickHouse over HTTP: a server or the embedded one."""

import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from analytics_pipeline import clusters, embedded
from analytics_pipeline.settings import PipelineSettings

if TYPE_CHECKING:
    # Takes 80 MB of memory, so the web process never imports it.
    import pandas as pd

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DEFAULT_DATABASE = "default"
_SETTINGS = {
    # Loading history touches more days at once than the server's default of 100.
    "max_partitions_per_insert_block": 0,
    # Copies of a row share a partition: an event's day follows from its id, and a movement keeps its month.
    "do_not_merge_across_partitions_select_final": 1,
}
_TIMEOUT_EXCEEDED = 159
# The second is thrown by reports themselves (throwIf), before they make the rows.
_TOO_LARGE = frozenset({396, 395})
# ClickHouse's codes for a temporary state of the server, not a fault of the statement.
_TEMPORARY = frozenset({_TIMEOUT_EXCEEDED, 202, 209, 210, 241, 242, 243, 252, 394, 425, 439})
# Codes for a value that can't be stored. None stands for a value that the client itself can't encode.
_DATA_ERRORS = frozenset({None, 6, 27, 33, 38, 41, 53, 69, 70, 72, 117, 131, 321, 349, 407, 469})
_WRAPPING = re.compile(r"^Received ClickHouse exception, code: \d+, server response: | \(for url \S+\)$")


_BLOCK_BYTES = 1024 * 1024
# Notebooks have no limit and can fetch larger results.
_MOST_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Deadline:
    """How long a client waits for a connection and for each response.

    The server ends a query after the latter.
    """

    connect_seconds: int
    response_seconds: int


BACKGROUND = Deadline(connect_seconds=5, response_seconds=120)


class WarehouseUnavailable(Exception):
    """The warehouse can't be reached, or can't work now; the same request may succeed later."""


class QueryTimedOut(WarehouseUnavailable):
    """The warehouse works, but did not finish this query within the client's deadline."""


class WarehouseRefused(Exception):
    """The warehouse refused a statement or its data. `code` is ClickHouse's, or None if it sent none."""

    def __init__(self, message: str, *, code: int | None) -> None:
        super().__init__(message)
        self.code = code

    @property
    def is_data_error(self) -> bool:
        """Whether a value can't be stored; without it, the insert's other rows may be."""
        return self.code in _DATA_ERRORS


class ResultTooLarge(WarehouseRefused):
    """The result has more rows or bytes than allowed."""


class Warehouse:
    """A client of the warehouse. Connects on first use; safe to share between threads.

    `deadline` bounds every call. Every method raises WarehouseUnavailable or WarehouseRefused.
    """

    def __init__(
        self, settings: PipelineSettings, *, database: str | None = None, deadline: Deadline = BACKGROUND
    ) -> None:
        self.settings = settings
        self.deadline = deadline
        self._database = database
        self._client: Any = None
        self._lock = threading.Lock()

    def create(self) -> None:
        """Create the database that the address names if it doesn't exist."""
        address = embedded.clickhouse_url(self.settings)
        name = self._database or urlsplit(address).path.strip("/") or _DEFAULT_DATABASE
        root = Warehouse(self.settings, database=_DEFAULT_DATABASE, deadline=self.deadline)
        try:
            root.command("CREATE DATABASE IF NOT EXISTS {name:Identifier}", {"name": name})
        finally:
            root.close()

    def command(self, statement: str, parameters: Mapping[str, object] | None = None) -> None:
        """Run a statement and ignore its result; on a cluster, the statements that do the same there."""
        cluster = self.settings.clickhouse_cluster
        for each in clusters.translated(statement, cluster=cluster) if cluster else [statement]:
            self._call("command", each, parameters=dict(parameters or {}))

    def rows(self, query: str, parameters: Mapping[str, object] | None = None) -> list[dict[str, Any]]:
        """Return the query's rows by column name; decimals, dates and UUIDs are Python's."""
        names, rows = self.table(query, parameters)
        return [dict(zip(names, row, strict=True)) for row in rows]

    def table(
        self, query: str, parameters: Mapping[str, object] | None = None, *, most_rows: int | None = None
    ) -> tuple[Sequence[str], Sequence[Sequence[Any]]]:
        """Return the query's column names and its rows.

        Raises:
            ResultTooLarge: there are more than `most_rows`.
        """
        settings = _limits(most_rows)
        result = self._call("query", query, parameters=dict(parameters or {}), settings=settings)
        return result.column_names, result.result_rows

    @contextmanager
    def row_stream(
        self, query: str, parameters: Mapping[str, object] | None = None, *, most_rows: int | None = None
    ) -> Iterator[tuple[Sequence[str], Iterator[Sequence[Any]]]]:
        """Yield the query's column names and an iterator of its rows, which reads one block at a time.

        Raises:
            ResultTooLarge: there are more than `most_rows`; some of them may have been yielded.
        """
        with self._translating():
            stream = self._connected().query_rows_stream(
                query, parameters=dict(parameters or {}), settings=_limits(most_rows)
            )
        with stream as rows:
            yield stream.source.column_names, self._read(rows)

    def stream(
        self,
        query: str,
        parameters: Mapping[str, object] | None = None,
        *,
        output_format: str,
        most_rows: int | None = None,
    ) -> Iterator[bytes]:
        """Yield the query's result in one of ClickHouse's formats, block by block.

        Raises:
            ResultTooLarge: there are more than `most_rows`.
        """
        with self._translating():
            response = self._connected().raw_stream(
                query, parameters=dict(parameters or {}), settings=_limits(most_rows), fmt=output_format
            )
            with closing(response):
                while block := response.read(_BLOCK_BYTES):
                    yield block

    def value(self, query: str, parameters: Mapping[str, object] | None = None) -> Any:
        """Return the only column of the query's only row."""
        result = self._call("query", query, parameters=dict(parameters or {}))
        return result.result_rows[0][0]

    def frame(self, query: str, parameters: Mapping[str, object] | None = None) -> "pd.DataFrame":
        """Return the query's rows as a data frame."""
        return cast("pd.DataFrame", self._call("query_df", query, parameters=dict(parameters or {})))

    def insert(self, table: str, columns: Mapping[str, Sequence[Any]]) -> None:
        """Insert columns of equal length; blocks of tens of thousands of rows are best."""
        names = list(columns)
        if names and len(columns[names[0]]):
            data = list(columns.values())
            with self._translating():
                # With the first connection, as in `_open`.
                from analytics_pipeline import uuid_columns  # noqa: PLC0415

                client = self._connected()
                context = client.create_insert_context(table, names, column_oriented=True)
                context.column_types = uuid_columns.packed(context.column_types)
                client.insert(data=data, context=context)
            # The context refers to itself and would keep the columns until the garbage collector finds it.
            data.clear()

    def ping(self) -> str:
        """Return the server's version."""
        return str(self.value("SELECT version()"))

    def close(self) -> None:
        """Close the idle connections; calls under way end normally, the next call opens new ones."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def _call(self, method: str, *arguments: Any, **options: Any) -> Any:
        with self._translating():
            return getattr(self._connected(), method)(*arguments, **options)

    def _read(self, rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
        with self._translating():
            yield from rows

    @contextmanager
    def _translating(self) -> Iterator[None]:
        try:
            yield
        except _failures() as error:
            translated = _translated(error)
            if type(translated) is WarehouseUnavailable:
                # The embedded server may have moved to another port: look its address up again next time.
                self.close()
            raise translated from error

    def _connected(self) -> Any:
        client = self._client
        if client is not None:
            return client
        # Connecting requests the server's settings. It happens outside the lock, so that threads which
        # connect to a server that hangs wait at the same time, not one after another.
        opened = self._open()
        with self._lock:
            if self._client is None:
                self._client = opened
                return opened
            client = self._client
        opened.close()
        return client

    def _open(self) -> Any:
        # Every process imports this module, and few connect. The import takes 0.2 s.
        import clickhouse_connect  # noqa: PLC0415

        return clickhouse_connect.get_client(
            dsn=embedded.clickhouse_url(self.settings),
            database=self._database,
            settings={
                **_SETTINGS,
                **(clusters.SETTINGS if self.settings.clickhouse_cluster else {}),
                "max_execution_time": self.deadline.response_seconds,
            },
            autogenerate_session_id=False,
            dedicated_pool=True,
            connect_timeout=self.deadline.connect_seconds,
            send_receive_timeout=self.deadline.response_seconds,
            tz_mode="aware",
        )


def microseconds(moment: datetime) -> int:
    """Return the time as microseconds since 1970, the version of rows that replace each other."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def moment_of(version: int) -> datetime:
    """Return the time that `microseconds` converted to a version."""
    return _EPOCH + timedelta(microseconds=version)


def _limits(most_rows: int | None) -> dict[str, object]:
    if most_rows is None:
        return {}
    return {
        "max_result_rows": most_rows,
        "max_result_bytes": _MOST_BYTES,
        "result_overflow_mode": "throw",
    }


def load_client() -> None:
    """Import the client, so that the first connection of a process that serves requests needn't do it."""
    from analytics_pipeline import uuid_columns  # noqa: F401, PLC0415


def _failures() -> tuple[type[Exception], ...]:
    """Return the errors of the client; evaluated only when an exception was raised."""
    from clickhouse_connect.driver.exceptions import ClickHouseError  # noqa: PLC0415
    from urllib3.exceptions import HTTPError  # noqa: PLC0415

    return ClickHouseError, HTTPError, OSError


def _translated(error: Exception) -> WarehouseUnavailable | WarehouseRefused:
    from clickhouse_connect.driver.exceptions import (  # noqa: PLC0415 - as above
        ClickHouseError,
        DatabaseError,
        OperationalError,
    )

    reason = message_of(error)
    given = getattr(error, "code", None)
    code = given if isinstance(given, int) else None
    if code == _TIMEOUT_EXCEEDED:
        return QueryTimedOut(reason)
    if code in _TOO_LARGE:
        return ResultTooLarge(reason, code=code)
    if not isinstance(error, ClickHouseError) or isinstance(error, OperationalError):
        return WarehouseUnavailable(reason)
    # The plain class without a code is the response of a proxy whose server can't be reached.
    if code in _TEMPORARY or (code is None and type(error) is DatabaseError):
        return WarehouseUnavailable(reason)
    return WarehouseRefused(reason, code=code)


def message_of(error: Exception) -> str:
    """Return the first line of the server's message, without the client's prefix and suffix."""
    return _WRAPPING.sub("", str(error).strip().split("\n", 1)[0])[:500]
