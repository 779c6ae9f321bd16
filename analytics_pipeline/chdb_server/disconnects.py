"""Detects that a client closed its connection while its statement runs."""

import selectors
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import cast

_POLL_SECONDS = 0.2


class DisconnectWatcher:
    """Watches connections in one thread. `close()` ends the thread."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._watch, name="disconnects", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closed.set()
        self._thread.join()
        self._selector.close()

    @contextmanager
    def watching(self, connection: socket.socket, *, on_disconnect: Callable[[], None]) -> Iterator[None]:
        """Call `on_disconnect` once if the other side closes the connection inside the context."""
        with self._lock:
            self._selector.register(connection, selectors.EVENT_READ, on_disconnect)
        try:
            yield
        finally:
            self._forget(connection)

    def _watch(self) -> None:
        while not self._closed.is_set():
            for key, _ in self._selector.select(_POLL_SECONDS):
                connection = cast("socket.socket", key.fileobj)
                # Bytes are the client's next request, which waits for its turn.
                closed = _is_closed(connection)
                self._forget(connection)
                if closed:
                    key.data()

    def _forget(self, connection: socket.socket) -> None:
        with self._lock, suppress(KeyError, ValueError):
            self._selector.unregister(connection)


def _is_closed(connection: socket.socket) -> bool:
    try:
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
