"""A TCP proxy that can stop forwarding, as a server does that was stopped by SIGSTOP."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

CHUNK = 65_536


class Proxy:
    """Forwards connections to one server; while it is stopped, connections open and nothing is forwarded."""

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self._target = (parts.hostname or "127.0.0.1", parts.port or 80)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._running = threading.Event()
        self._running.set()
        self._sockets: list[socket.socket] = [self._listener]
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        """Forward nothing until `resume`."""
        self._running.clear()

    def resume(self) -> None:
        """Forward again."""
        self._running.set()

    def close(self) -> None:
        """Close every connection."""
        self.resume()
        for each in self._sockets:
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(self._target)
            self._sockets += [client, server]
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self._forward, args=(source, sink), daemon=True).start()

    def _forward(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(CHUNK):
                self._running.wait()
                sink.sendall(data)
        except OSError:
            return
        finally:
            sink.close()


@contextmanager
def proxied(target: str) -> Iterator[Proxy]:
    """Give a proxy to the server at `target`."""
    proxy = Proxy(target)
    try:
        yield proxy
    finally:
        proxy.close()
