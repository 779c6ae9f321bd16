"""Clients that close their connection while a statement runs."""

import socket
import threading
from collections.abc import Iterator

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
