"""The warehouse's client: ClickHouse over HTTP, a server or the embedded one."""

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit
from uuid import UUID

import clickhouse_connect
from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError, OperationalError
from urllib3.exceptions import HTTPError

from analytics_pipeline import embedded
from analytics_pipeline.settings import PipelineSettings

if TYPE_CHECKING:
    # 80 MB that only those pay for who ask for a frame; not the web process.
    import pandas as pd

NIL_UUID = UUID(int=0)
_SERVERS_DATABASE = "default"
_SETTINGS = {
    # Loads of history touch more days at once than the server's default of 100 allows.
    "max_partitions_per_insert_block": 0,
    # An event's day follows from its id and a movement's month never changes: copies share a partition.
    "do_not_merge_across_partitions_select_final": 1,
}
# Exceptions that say something about this moment and not about the statement.
_PASSING = frozenset({159, 202, 209, 210, 241, 242, 243, 252, 394, 425, 439})


class WarehouseUnavailable(Exception):
    """The warehouse can't be reached, or can't work now; the same request may succeed later."""


class WarehouseRefused(Exception):
    """The warehouse answered that it won't do this; `code` is ClickHouse's, None where it gave none."""

    def __init__(self, message: str, *, code: int | None) -> None:
        super().__init__(message)
        self.code = code


class Warehouse:
    """Statements and inserts. Connects on first use; safe to share between threads.

    Every method raises WarehouseUnavailable or WarehouseRefused.
    """

    def __init__(self, settings: PipelineSettings, *, database: str | None = None) -> None:
        self.settings = settings
        self._database = database
        self._client: Any = None
        self._lock = threading.Lock()

    def create(self) -> None:
        """Create the database that the address names, where it doesn't exist."""
        address = embedded.clickhouse_url(self.settings)
        name = self._database or urlsplit(address).path.strip("/") or _SERVERS_DATABASE
        root = Warehouse(self.settings, database=_SERVERS_DATABASE)
        try:
            root.command("CREATE DATABASE IF NOT EXISTS {name:Identifier}", {"name": name})
        finally:
            root.close()

    def command(self, statement: str, parameters: Mapping[str, object] | None = None) -> None:
        """Run a statement that answers with nothing of interest."""
        self._call("command", statement, parameters=dict(parameters or {}))

    def rows(self, query: str, parameters: Mapping[str, object] | None = None) -> list[dict[str, Any]]:
        """The query's rows by column name; decimals, dates and UUIDs are Python's."""
        names, rows = self.table(query, parameters)
        return [dict(zip(names, row, strict=True)) for row in rows]

    def table(
        self, query: str, parameters: Mapping[str, object] | None = None
    ) -> tuple[Sequence[str], Sequence[Sequence[Any]]]:
        """The query's columns' names and its rows."""
        result = self._call("query", query, parameters=dict(parameters or {}))
        return result.column_names, result.result_rows

    def value(self, query: str, parameters: Mapping[str, object] | None = None) -> Any:
        """The only column of the query's only row."""
        result = self._call("query", query, parameters=dict(parameters or {}))
        return result.result_rows[0][0]

    def frame(self, query: str, parameters: Mapping[str, object] | None = None) -> "pd.DataFrame":
        """The query's rows as a data frame."""
        return cast("pd.DataFrame", self._call("query_df", query, parameters=dict(parameters or {})))

    def insert(self, table: str, columns: Mapping[str, Sequence[Any]]) -> None:
        """Insert columns of equal length. Blocks of 10,000s of rows are best."""
        names = list(columns)
        if names and len(columns[names[0]]):
            data = list(columns.values())
            self._call("insert", table, data, column_names=names, column_oriented=True)

    def ping(self) -> str:
        """The server's version."""
        return str(self.value("SELECT version()"))

    def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        with self._lock:
            if self._client is not None:
                self._client.close()
                self._client = None

    def _call(self, method: str, *arguments: Any, **options: Any) -> Any:
        try:
            return getattr(self._connected(), method)(*arguments, **options)
        except (OperationalError, HTTPError, OSError) as error:
            # The embedded server may have moved to another port: look its address up again next time.
            self.close()
            raise WarehouseUnavailable(_first_line(error)) from error
        except DatabaseError as error:
            code = error.code if isinstance(error.code, int) else None
            # The plain class without a code is not ClickHouse's answer but a proxy's, whose server is away.
            if code in _PASSING or (code is None and type(error) is DatabaseError):
                raise WarehouseUnavailable(_first_line(error)) from error
            raise WarehouseRefused(_first_line(error), code=code) from error
        except ClickHouseError as error:
            raise WarehouseRefused(_first_line(error), code=None) from error

    def _connected(self) -> Any:
        with self._lock:
            if self._client is None:
                self._client = clickhouse_connect.get_client(
                    dsn=embedded.clickhouse_url(self.settings),
                    database=self._database,
                    settings=_SETTINGS,
                    autogenerate_session_id=False,
                    dedicated_pool=True,
                    connect_timeout=5,
                    send_receive_timeout=120,
                    tz_mode="aware",
                )
            return self._client


def microseconds(moment: datetime) -> int:
    """A version for rows that replace each other: the time at which their source was read."""
    return int(moment.timestamp() * 1_000_000)


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0][:500]
