"""Connections that don't wait for a PostgreSQL server that hangs or is down.

If the server's processes are stopped, its kernel still accepts connections and data, so neither the server's
own time-outs nor TCP end the wait. After waiting for half a second, a connection therefore checks over
another socket whether the server responds. If it does, a slow statement, or one that waits for a lock, may
continue.
"""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self, TypeVar

import psycopg
import structlog
from psycopg.abc import PQGen
from psycopg.waiting import Ready

from analytics_pipeline.breaker import Breaker
from backend.config.postgresql.prepared import PreparingConnection

SILENT_SECONDS = 0.5
"""How often a waiting connection checks whether the server responds."""
RESPONSE_SECONDS = 1.0
"""The server must respond to the check within this time."""
STATEMENT_SECONDS = 15.0
"""Longer than `statement_timeout`, which a server behind a pooler that responds by itself can't enforce."""
PAUSE_SECONDS = 2.0
"""While the server doesn't respond, only one request per this time tries to call it."""

# PostgreSQL's SSLRequest: its length, and a code that no protocol version has. A server responds with a byte
# before the client logs in.
_SSL_REQUEST = bytes([0, 0, 0, 8, 4, 210, 22, 47])

logger = structlog.get_logger(__name__)

T = TypeVar("T")


class ServerUnavailable(psycopg.OperationalError):
    """The server doesn't respond; a transaction that was being committed may have been committed."""


class Server:
    """Whether the server responds, as far as this process knows."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Assume that it responds."""
        self.clock = clock
        self._breaker = Breaker(pause_seconds=PAUSE_SECONDS, clock=clock)
        self._failed_at = float("-inf")

    def may_be_called(self) -> bool:
        """Return whether to call the server: while it doesn't respond, only once in PAUSE_SECONDS."""
        return self._breaker.allows()

    def responded(self) -> None:
        """Let all requests call the server again."""
        self._breaker.succeeded()

    def failed(self, reason: str) -> None:
        """Refuse requests from now on, and end the waits that have begun."""
        self._failed_at = self.clock()
        self._breaker.timed_out()
        logger.warning("database_suspended", seconds=PAUSE_SECONDS, reason=reason)

    def failed_since(self, moment: float) -> bool:
        """Return whether it was found not to respond after `moment`."""
        return self._failed_at > moment


SERVER = Server()


class Watch:
    """Ends the wait for one statement if the server doesn't respond."""

    def __init__(self, server: Server, *, responds: Callable[[], bool]) -> None:
        """Begin now; `responds` checks over another connection whether the server responds."""
        self._server = server
        self._responds = responds
        self._begun = self._checked = server.clock()

    def check(self) -> None:
        """Return if the server may still respond.

        Raises:
            ServerUnavailable: it doesn't respond, or the statement takes too long.
        """
        if self._server.failed_since(self._begun):
            raise ServerUnavailable("the server does not respond")
        now = self._server.clock()
        if now - self._begun >= STATEMENT_SECONDS:
            raise ServerUnavailable(f"no response in {STATEMENT_SECONDS:.0f} seconds")
        if now - self._checked < SILENT_SECONDS:
            return
        if not self._responds():
            self._server.failed("the server responded neither to a statement nor to an SSLRequest")
            raise ServerUnavailable("the server does not respond")
        self._checked = self._server.clock()


class WatchedConnection(PreparingConnection):
    """A connection that fails, and is closed, if its server doesn't respond."""

    @classmethod
    def connect(cls, *arguments: Any, **options: Any) -> Self:
        """Return a new connection; if the server doesn't respond, let no requests call it for a while."""
        try:
            return super().connect(*arguments, **options)
        except psycopg.errors.ConnectionTimeout as error:
            SERVER.failed(str(error))
            raise
        except psycopg.OperationalError as error:
            # A server that refuses this connection because it has too many still serves the others.
            tried = error.pgconn
            if tried is not None and not responds((tried.hostaddr or tried.host).decode(), int(tried.port)):
                SERVER.failed(str(error))
            raise

    def wait(self, gen: PQGen[T], *arguments: Any, **options: Any) -> T:
        """Return what the generator of a statement returns.

        Raises:
            ServerUnavailable: the server doesn't respond.
        """
        watch = Watch(SERVER, responds=self._server_responds)
        try:
            result = super().wait(watched(gen, watch), *arguments, **options)
        except ServerUnavailable:
            # Rolling back would wait for the server again.
            self.pgconn.finish()
            raise
        SERVER.responded()
        return result

    def _server_responds(self) -> bool:
        return responds(self.info.hostaddr or self.info.host, self.info.port)


def watched(gen: PQGen[T], watch: Watch) -> PQGen[T]:
    """Forward the generator's requests, and check whenever the socket was not ready for an interval."""
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            if ready == Ready.NONE:
                watch.check()
            wanted = gen.send(ready)
    except StopIteration as ended:
        result: T = ended.value
        return result


def responds(host: str, port: int, *, seconds: float = RESPONSE_SECONDS) -> bool:
    """Return whether the server at `host`, which may be the folder of a Unix socket, responds in time."""
    try:
        with _probe(host, port, seconds=seconds) as probe:
            probe.sendall(_SSL_REQUEST)
            probe.recv(1)
    except OSError:
        return False
    return True


@contextmanager
def _probe(host: str, port: int, *, seconds: float) -> Iterator[socket.socket]:
    if not host.startswith("/"):
        with socket.create_connection((host, port), timeout=seconds) as probe:
            yield probe
        return
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(seconds)
        probe.connect(f"{host}/.s.PGSQL.{port}")
        yield probe
