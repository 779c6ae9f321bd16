"""Clients that close their connection while a statement runs."""

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from analytics_pipeline.chdb_server.disconnects import DisconnectWatcher

DEADLINE = 10


class SlowConnection(socket.socket):
    """A connection whose first `recv` blocks, while the watcher checks whether the client is still connected.

    It returns when `may_return` is set, or after 0.3 s: the end of a statement may have to wait for the watcher.
    """

    def __init__(self, connection: socket.socket) -> None:
        super().__init__(fileno=connection.detach())
        self.called = threading.Event()
        self.may_return = threading.Event()

    def recv(self, *arguments: int) -> bytes:
        received = super().recv(*arguments)
        if not self.called.is_set():
            self.called.set()
            self.may_return.wait(0.3)
        return received


@pytest.fixture
def watcher() -> Iterator[DisconnectWatcher]:
    watcher = DisconnectWatcher()
    yield watcher
    watcher.close()


def test_a_disconnect_is_reported_once(watcher: DisconnectWatcher) -> None:
    client, connection = socket.socketpair()
    reported = threading.Semaphore(0)
    with connection, watcher.watching(connection, on_disconnect=reported.release):
        client.close()
        assert reported.acquire(timeout=DEADLINE)
    assert not reported.acquire(blocking=False)


def test_a_disconnect_is_not_reported_after_the_statement_ended(watcher: DisconnectWatcher) -> None:
    client, connection = socket.socketpair()
    steps: list[str] = []
    reported = threading.Event()

    def report() -> None:
        steps.append("reported")
        reported.set()

    with SlowConnection(connection) as slow:
        with watcher.watching(slow, on_disconnect=report):
            client.close()
            assert slow.called.wait(DEADLINE)
        steps.append("ended")
        slow.may_return.set()
        assert reported.wait(DEADLINE)
    assert steps == ["reported", "ended"]


def test_the_next_statement_is_watched_when_the_check_for_the_previous_one_is_still_running(
    watcher: DisconnectWatcher,
) -> None:
    client, connection = socket.socketpair()
    first, second = threading.Event(), threading.Event()
    with SlowConnection(connection) as slow:
        with watcher.watching(slow, on_disconnect=first.set):
            client.send(b"P")
            assert slow.called.wait(DEADLINE)
        slow.recv(1)
        with watcher.watching(slow, on_disconnect=second.set):
            slow.may_return.set()
            client.close()
            assert second.wait(DEADLINE)
    assert not first.is_set()


def test_a_connection_with_nothing_to_read_delays_no_other_and_stays_watched(
    watcher: DisconnectWatcher,
) -> None:
    """An event may be out of date when it is checked, because the request that caused it has been read by then."""
    pairs = [socket.socketpair() for _ in range(4)]
    (first, second, silent, last) = (client for client, _ in pairs)
    silent_connection = pairs[2][1]
    # As the server's connections; Python then waits in `recv`, also with MSG_DONTWAIT.
    silent_connection.settimeout(2 * DEADLINE)
    reported = {client: threading.Event() for client in (silent, last)}

    def cause_two_events() -> None:
        """Let the watcher find two events at once: the end of `second`, and a request of `silent`."""
        second.close()
        silent.send(b"P")

    def read_the_request() -> None:
        silent_connection.recv(1)
        last.close()

    actions = (cause_two_events, read_the_request, reported[silent].set, reported[last].set)
    with ExitStack() as stack:
        for (client, connection), action in zip(pairs, actions, strict=True):
            stack.enter_context(client)
            stack.enter_context(connection)
            stack.enter_context(watcher.watching(connection, on_disconnect=action))
        first.close()
        assert reported[last].wait(DEADLINE)
        silent.close()
        assert reported[silent].wait(DEADLINE)


def test_other_statements_start_and_end_while_a_disconnect_is_being_reported(
    watcher: DisconnectWatcher,
) -> None:
    client, connection = socket.socketpair()
    reporting, others_ended = threading.Event(), threading.Event()
    waited: list[bool] = []

    def report() -> None:
        reporting.set()
        waited.append(others_ended.wait(DEADLINE))

    with connection, watcher.watching(connection, on_disconnect=report):
        client.close()
        assert reporting.wait(DEADLINE)
        other, other_connection = socket.socketpair()
        with other, other_connection, watcher.watching(other_connection, on_disconnect=others_ended.clear):
            pass
        others_ended.set()
    assert waited == [True]


def test_a_report_that_fails_is_logged_and_later_disconnects_are_reported(
    watcher: DisconnectWatcher, caplog: pytest.LogCaptureFixture
) -> None:
    failed, reported = threading.Event(), threading.Event()

    def fail() -> None:
        failed.set()
        raise RuntimeError("no memory for KILL QUERY")

    for action, called in ((fail, failed), (reported.set, reported)):
        client, connection = socket.socketpair()
        with connection, watcher.watching(connection, on_disconnect=action):
            client.close()
            assert called.wait(DEADLINE)
    assert "no memory for KILL QUERY" in caplog.text
