"""Statements end when the server hangs, but not when they are merely slow."""

import socket
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from django.db import connection as django_connection
from psycopg.waiting import Ready, Wait

from backend.config.postgresql import connection as module
from backend.config.postgresql.connection import (
    PAUSE_SECONDS,
    SILENT_SECONDS,
    STATEMENT_SECONDS,
    Server,
    ServerUnavailable,
    Watch,
    WatchedConnection,
    responds,
    watched,
)


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> Server:
    return Server(clock=clock)


def test_a_silent_server_is_suspended_and_probed_by_one_request_at_a_time(
    server: Server, clock: Clock
) -> None:
    watch = Watch(server, responds=lambda: False)
    watch.check()
    assert server.may_be_called()

    clock.now += SILENT_SECONDS
    with pytest.raises(ServerUnavailable):
        watch.check()

    assert not server.may_be_called()
    clock.now += PAUSE_SECONDS
    assert [server.may_be_called() for _ in range(3)] == [True, False, False]
    server.responded()
    assert [server.may_be_called() for _ in range(3)] == [True, True, True]


def test_statements_that_began_before_a_failure_end_with_it(server: Server, clock: Clock) -> None:
    earlier = Watch(server, responds=lambda: True)
    clock.now += 0.1
    server.failed("another statement got no response")
    clock.now += 0.1
    later = Watch(server, responds=lambda: True)

    with pytest.raises(ServerUnavailable):
        earlier.check()
    later.check()


def test_a_slow_statement_continues_while_the_server_responds_up_to_a_limit(
    server: Server, clock: Clock
) -> None:
    checks: list[float] = []

    def record() -> bool:
        checks.append(clock.now)
        return True

    watch = Watch(server, responds=record)
    for _ in range(5):
        watch.check()
        clock.now += SILENT_SECONDS
    assert len(checks) == 4

    clock.now = 100.0 + STATEMENT_SECONDS
    with pytest.raises(ServerUnavailable):
        watch.check()
    # The server responds, so other requests may call it.
    assert server.may_be_called()


def test_a_watched_statement_is_checked_only_while_the_socket_is_not_ready(
    server: Server, clock: Clock
) -> None:
    def statement() -> Generator[Wait, Ready | int, str]:
        assert (yield Wait.W) == Ready.W
        assert (yield Wait.R) == Ready.NONE
        assert (yield Wait.R) == Ready.R
        return "rows"

    running = watched(statement(), Watch(server, responds=lambda: False))

    assert next(running) == Wait.W
    clock.now += SILENT_SECONDS
    assert running.send(Ready.W) == Wait.R
    clock.now -= SILENT_SECONDS
    assert running.send(Ready.NONE) == Wait.R
    with pytest.raises(StopIteration) as ended:
        running.send(Ready.R)
    assert ended.value.value == "rows"


@contextmanager
def listening(family: socket.AddressFamily, address: tuple[str, int] | str) -> Iterator[socket.socket]:
    with socket.socket(family) as listener:
        listener.bind(address)
        listener.listen()
        yield listener


def respond_once(listener: socket.socket) -> bytes:
    accepted, _ = listener.accept()
    with accepted:
        received = accepted.recv(8)
        accepted.sendall(b"N")
    return received


def test_a_server_responds_over_tcp_and_over_a_unix_socket(tmp_path: Path) -> None:
    with ThreadPoolExecutor() as pool:
        with listening(socket.AF_INET, ("127.0.0.1", 0)) as listener:
            request = pool.submit(respond_once, listener)
            assert responds("127.0.0.1", listener.getsockname()[1], seconds=10)
            assert request.result() == bytes.fromhex("0000000804d2162f")
        with listening(socket.AF_UNIX, str(tmp_path / ".s.PGSQL.5432")) as listener:
            pool.submit(respond_once, listener)
            assert responds(str(tmp_path), 5432, seconds=10)


def test_a_server_that_is_stopped_or_down_does_not_respond(tmp_path: Path) -> None:
    # The kernel accepts the connection; no process reads from it.
    with listening(socket.AF_INET, ("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert not responds("127.0.0.1", port, seconds=0.05)
    assert not responds("127.0.0.1", port, seconds=10)
    assert not responds(str(tmp_path), 5432, seconds=10)


def test_a_server_that_refuses_connections_is_not_called_again_immediately(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = Server()
    monkeypatch.setattr(module, "SERVER", server)
    with listening(socket.AF_INET, ("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(psycopg.OperationalError):
        WatchedConnection.connect(host="127.0.0.1", port=port)

    assert not server.may_be_called()


@pytest.mark.django_db
def test_a_server_that_refuses_one_connection_for_another_reason_is_not_suspended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if django_connection.vendor != "postgresql":
        pytest.skip("SQLite has no server")
    server = Server()
    monkeypatch.setattr(module, "SERVER", server)

    with pytest.raises(psycopg.OperationalError):
        WatchedConnection.connect(**django_connection.get_connection_params() | {"dbname": "missing"})

    assert server.may_be_called()


@pytest.mark.django_db
def test_postgresql_responds_during_a_slow_statement(monkeypatch: pytest.MonkeyPatch) -> None:
    if django_connection.vendor != "postgresql":
        pytest.skip("SQLite has no server")
    checks: list[bool] = []

    def record(host: str, port: int) -> bool:
        checks.append(responds(host, port))
        return checks[-1]

    monkeypatch.setattr(module, "SILENT_SECONDS", 0.0)
    monkeypatch.setattr(module, "responds", record)
    with WatchedConnection.connect(**django_connection.get_connection_params()) as connection:
        assert connection.execute("SELECT 'slow', pg_sleep(0.5)").fetchone() == ("slow", "")
    assert checks
    assert all(checks)
