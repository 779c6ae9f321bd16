"""Clients that close their connection while a statement runs."""

import socket
import threading
from collections.abc import Iterator

import pytest

from analytics_pipeline.chdb_server.disconnects import DisconnectWatcher

DEADLINE = 10


class SlowReader(socket.socket):
    """A connection that the watcher finds readable, and then stops at until it may go on."""

    def __init__(self, connection: socket.socket) -> None:
        super().__init__(fileno=connection.detach())
        self.reached = threading.Event()
        self.may_continue = threading.Event()

    def recv(self, *arguments: int) -> bytes:
        self.reached.set()
        assert self.may_continue.wait(DEADLINE)
        return super().recv(*arguments)


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


def test_a_client_that_leaves_after_its_statement_is_not_reported(watcher: DisconnectWatcher) -> None:
    client, connection = socket.socketpair()
    reported = threading.Event()
    with client, SlowReader(connection) as slow:
        with watcher.watching(slow, on_disconnect=reported.set):
            client.send(b"POST")
            assert slow.reached.wait(DEADLINE)
            threading.Thread(target=slow.may_continue.set).start()
        # The statement's end waits for the watcher's verdict, so that nothing is reported from here on.
        assert slow.may_continue.is_set()
        client.close()
    assert not reported.is_set()


def test_the_next_statement_of_a_connection_is_watched_while_the_last_one_is_judged(
    watcher: DisconnectWatcher,
) -> None:
    client, connection = socket.socketpair()
    first, second = threading.Event(), threading.Semaphore(0)
    with SlowReader(connection) as slow:
        with watcher.watching(slow, on_disconnect=first.set):
            client.send(b"P")
            assert slow.reached.wait(DEADLINE)
            threading.Thread(target=slow.may_continue.set).start()
        slow.recv(1)
        with watcher.watching(slow, on_disconnect=second.release):
            client.close()
            assert second.acquire(timeout=DEADLINE)
    assert not first.is_set()
