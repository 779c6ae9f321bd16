"""Connections that prepare the queries that most requests run.

The server then parses and plans such a query once per connection. It is sent without the framework's and the
driver's cursors, which take several times as long as the rest of the work in this process.
docs/decisions/sessions.md has the measurements.
"""

import hashlib
from typing import Any

import psycopg
import structlog
from psycopg import errors, generators
from psycopg.abc import Transformer as AbstractTransformer
from psycopg.adapt import Transformer
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult

# A pooler has given this client another server connection, where the statement is unknown or its name is
# used; or a migration has changed the type of a column.
_REFUSALS = (
    errors.InvalidSqlStatementName,
    errors.DuplicatePreparedStatement,
    errors.FeatureNotSupported,
)

logger = structlog.get_logger(__name__)


class PreparingConnection(psycopg.Connection[Any]):
    """A connection that runs queries with one parameter as prepared statements."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Begin without prepared statements."""
        super().__init__(*arguments, **options)
        self._names: dict[str, bytes] | None = {}
        self._transformer: AbstractTransformer | None = None

    def prepared_rows(self, sql: str, key: object) -> list[list[Any]] | None:
        """Return the rows of the query, whose `%s` is the key.

        Return None if the server refuses prepared statements; this connection then prepares no more. Must be
        called outside a transaction, which such a refusal would abort.
        """
        if self._names is None:
            return None
        try:
            with self.lock:
                name = self._names.get(sql) or self._prepare(sql, self._names)
                self.pgconn.send_query_prepared(name, [str(key).encode()])
                result = self._result()
        except _REFUSALS as error:
            logger.warning("database_prepares_no_statements", reason=str(error))
            self._names = None
            return None
        return self._loaded(result)

    def _prepare(self, sql: str, names: dict[str, bytes]) -> bytes:
        name = name_of(sql)
        self.pgconn.send_prepare(name, (sql % "$1").encode())
        self._result()
        names[sql] = name
        return name

    def _result(self) -> PGresult:
        results: list[PGresult] = self.wait(generators.execute(self.pgconn))
        (result,) = results
        if result.status not in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
            raise errors.error_from_result(result, encoding=self.info.encoding)
        return result

    def _loaded(self, result: PGresult) -> list[list[Any]]:
        if self._transformer is None:
            self._transformer = Transformer(self)
        self._transformer.set_pgresult(result)
        return self._transformer.load_rows(0, result.ntuples, list)


def name_of(sql: str) -> bytes:
    """Return the name of the prepared statement.

    It depends on the query, because behind a pooler, another client may have prepared a statement of that
    name.
    """
    return f"vitrine_{hashlib.sha256(sql.encode()).hexdigest()[:40]}".encode()
