"""Detects that a client closed its connection while its statement runs."""

import selectors
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

_POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True, eq=False)
class _Watch:
    """One statement's connection; a later statement on the same connection has a watch of its own."""

    connection: socket.socket
    on_disconnect: Callable[[], None]


class DisconnectWatcher:
    """Watches connections in one thread. `close()` ends the thread."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._closed = threading.Event()
        # Guards the selector and `_active`. Held while a watch is checked, because a watch that `select`
        # returned may have ended by then.
        self._lock = threading.Lock()
        self._active: set[_Watch] = set()
        self._thread = threading.Thread(target=self._watch, name="disconnects", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._closed.set()
        self._thread.join()
        self._selector.close()

    @contextmanager
    def watching(self, connection: socket.socket, *, on_disconnect: Callable[[], None]) -> Iterator[None]:
        """Call `on_disconnect` once if the other side closes the connection in the context, never later."""
        watch = _Watch(connection, on_disconnect)
        with self._lock:
            self._selector.register(connection, selectors.EVENT_READ, watch)
            self._active.add(watch)
        try:
            yield
        finally:
            with self._lock:
                self._forget(watch)

    def _watch(self) -> None:
        while not self._closed.is_set():
            for key, _ in self._selector.select(_POLL_SECONDS):
                self._check(key.data)

    def _check(self, watch: _Watch) -> None:
        """Call `on_disconnect` if the connection is closed. Bytes to read belong to the next request."""
        with self._lock:
            if watch not in self._active:
                return
            closed = _is_closed(watch.connection)
            self._forget(watch)
            if closed:
                watch.on_disconnect()

    def _forget(self, watch: _Watch) -> None:
        if watch in self._active:
            self._active.remove(watch)
            with suppress(KeyError, ValueError):
                self._selector.unregister(watch.connection)


def _is_closed(connection: socket.socket) -> bool:
    try:
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
