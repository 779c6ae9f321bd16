"""Counts the database queries of a request, and logs slow ones.

Every connection has one wrapper, in all processes. A request runs in one thread, so its queries are those of
the thread.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import structlog
from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from prometheus_client import Counter

SLOW = Counter("vitrine_slow_queries", "Database queries that took longer than SLOW_QUERY_MS")
_LONGEST_SQL = 2_000

logger = structlog.get_logger(__name__)


@dataclass(slots=True)
class Queries:
    """The number of queries, and the seconds that they took."""

    count: int = 0
    seconds: float = 0.0


class _Current(threading.local):
    queries: Queries | None = None


_current = _Current()


@contextmanager
def counted_queries() -> Iterator[Queries]:
    """Yield the queries of this thread, which are counted until the block ends."""
    queries, before = Queries(), _current.queries
    _current.queries = queries
    try:
        yield queries
    finally:
        _current.queries = before


def observe(sql: object, seconds: float, *, many: bool = False) -> None:
    """Count a query that was executed, and log it if it was slow."""
    if (queries := _current.queries) is not None:
        queries.count += 1
        queries.seconds += seconds
    if 0 < settings.SLOW_QUERY_MS <= seconds * 1_000:
        SLOW.inc()
        # Without the parameters, which are personal data.
        logger.warning(
            "slow_query", duration_ms=round(seconds * 1_000, 1), sql=str(sql)[:_LONGEST_SQL], many=many
        )


def measured(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
    """Execute a query and observe it (a wrapper of Django's cursors)."""
    begun = time.perf_counter()
    try:
        return execute(sql, params, many, context)
    finally:
        observe(sql, time.perf_counter() - begun, many=many)


def measure(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Measure the queries of a connection (a receiver of `connection_created`)."""
    # A connection object opens its connection more than once.
    if measured not in connection.execute_wrappers:
        connection.execute_wrappers.append(measured)


def connect() -> None:
    """Measure the queries of every connection that is opened from now on."""
    connection_created.connect(measure, dispatch_uid="backend.api.database_queries")
