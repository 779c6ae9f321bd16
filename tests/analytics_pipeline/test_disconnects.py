"""Clients that close their connection while a statement runs."""

import socket
import threading
from collections.abc import Iterator

import pytest

from analytics_pipeline.chdb_server.disconnects import DisconnectWatcher

DEADLINE = 10


class SlowConnection(socket.socket):
    """A connection that holds the watcher up while it judges whether the client is there.

    It lets go when `passed` is set, or after a while: the end of a statement may wait for the watcher.
    """

    def __init__(self, connection: socket.socket) -> None:
        super().__init__(fileno=connection.detach())
        self.reached = threading.Event()
        self.passed = threading.Event()

    def recv(self, *arguments: int) -> bytes:
        answer = super().recv(*arguments)
        if not self.reached.is_set():
            self.reached.set()
            self.passed.wait(0.3)
        return answer


@pytest.fixture
def watcher() -> Iterator[DisconnectWatcher]:
    watcher = DisconnectWatcher()
    yield watcher
    watcher.close()


def test_a_client_that_leaves_is_reported_once(watcher: DisconnectWatcher) -> None:
    client, connection = socket.socketpair()
    reported = threading.Semaphore(0)
    with connection, watcher.watching(connection, on_disconnect=reported.release):
        client.close()
        assert reported.acquire(timeout=DEADLINE)
    assert not reported.acquire(blocking=False)


def test_nothing_is_reported_after_the_statement(watcher: DisconnectWatcher) -> None:
    client, connection = socket.socketpair()
    happened: list[str] = []
    reported = threading.Event()

    def report() -> None:
        happened.append("reported")
        reported.set()

    with SlowConnection(connection) as slow:
        with watcher.watching(slow, on_disconnect=report):
            client.close()
            assert slow.reached.wait(DEADLINE)
        happened.append("ended")
        slow.passed.set()
        assert reported.wait(DEADLINE)
    assert happened == ["reported", "ended"]


def test_the_next_statement_of_a_connection_is_watched_although_the_last_one_was_being_judged(
    watcher: DisconnectWatcher,
) -> None:
    client, connection = socket.socketpair()
    first, second = threading.Event(), threading.Event()
    with SlowConnection(connection) as slow:
        with watcher.watching(slow, on_disconnect=first.set):
            client.send(b"P")
            assert slow.reached.wait(DEADLINE)
        slow.recv(1)
        with watcher.watching(slow, on_disconnect=second.set):
            slow.passed.set()
            client.close()
            assert second.wait(DEADLINE)
    assert not first.is_set()
