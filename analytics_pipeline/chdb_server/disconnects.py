"""Detects that a client closed its connection while its statement runs."""

import logging
import select
import selectors
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum, auto

_POLL_SECONDS = 0.2
_log = logging.getLogger(__name__)


class _State(Enum):
    """What the other side of a connection has done since its last request."""

    NOTHING = auto()
    SENT = auto()
    CLOSED = auto()


@dataclass(frozen=True, slots=True, eq=False)
class _Watch:
    """One statement's connection; a later statement on the same connection has a watch of its own.

    `lock` is held while the watch is checked and reported, and its statement waits for it before it ends.
    """

    connection: socket.socket
    on_disconnect: Callable[[], None]
    lock: threading.Lock = field(default_factory=threading.Lock)


class DisconnectWatcher:
    """Watches connections in one thread. `close()` ends the thread."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._closed = threading.Event()
        # Guards the selector and `_active`. Never held while a watch is checked or reported: every statement
        # that starts or ends needs it. A thread that holds a watch's lock may take this one, not the reverse.
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
            with watch.lock:
                self._forget(watch)

    def _watch(self) -> None:
        while not self._closed.is_set():
            for key, _ in self._selector.select(_POLL_SECONDS):
                self._check(key.data)

    def _check(self, watch: _Watch) -> None:
        """Call `on_disconnect` if the connection is closed. Bytes to read belong to the next request.

        The event may be out of date: it may have been caused by the request whose statement is watched now.
        """
        with watch.lock:
            if not self._is_active(watch):
                return
            state = _state(watch.connection)
            if state is not _State.NOTHING:
                self._forget(watch)
            if state is _State.CLOSED:
                _report(watch)

    def _is_active(self, watch: _Watch) -> bool:
        with self._lock:
            return watch in self._active

    def _forget(self, watch: _Watch) -> None:
        with self._lock:
            if watch in self._active:
                self._active.remove(watch)
                with suppress(KeyError, ValueError):
                    self._selector.unregister(watch.connection)


def _report(watch: _Watch) -> None:
    try:
        watch.on_disconnect()
    except Exception:  # noqa: BLE001 - logged; without its thread, the watcher would report nothing more
        _log.exception("A statement whose client disconnected could not be ended")


def _state(connection: socket.socket) -> _State:
    """Return the state without waiting and without reading.

    `recv` alone would wait: on a socket with a timeout, Python waits for that long, also with MSG_DONTWAIT.
    """
    try:
        poll = select.poll()
        poll.register(connection, select.POLLIN)
        if not poll.poll(0):
            return _State.NOTHING
        return _State.SENT if connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) else _State.CLOSED
    except BlockingIOError:
        return _State.NOTHING
    except OSError:
        return _State.CLOSED
