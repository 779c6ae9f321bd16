"""ClickHouse's HTTP interface over the engine: one thread a connection, on loopback, with passwords."""

import json
import secrets
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain, islice
from socketserver import TCPServer
from typing import Any, BinaryIO, cast
from urllib.parse import parse_qsl, urlsplit

from analytics_pipeline.chdb_server import blocks, body, errors, formats, protocol, statements
from analytics_pipeline.chdb_server.disconnects import DisconnectWatcher
from analytics_pipeline.chdb_server.engine import Engine
from analytics_pipeline.chdb_server.execution import StatementResult
from analytics_pipeline.chdb_server.request import Request

_IDLE_SECONDS = 300
_MEMORY_LIMIT = 16 * 1024 * 1024
_BLOCK = 1024 * 1024
_METHODS = "GET, HEAD, POST, OPTIONS"
_Parameters = dict[str, str]


class Server(ThreadingHTTPServer):
    """The engine on a loopback port. `drain()` waits for the statements that are running."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, *, port: int, engine: Engine, credentials: protocol.Credentials) -> None:
        self.engine = engine
        self.credentials = credentials
        self.disconnects = DisconnectWatcher()
        self._running = 0
        self._idle = threading.Condition()
        super().__init__(("127.0.0.1", port), Handler)

    def server_bind(self) -> None:
        """Bind without HTTPServer's reverse look-up of the address, which may take many seconds."""
        TCPServer.server_bind(self)

    def server_close(self) -> None:
        """Close the port and stop watching connections."""
        super().server_close()
        self.disconnects.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log what went wrong in a connection, unless its client closed it."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def begin(self) -> None:
        with self._idle:
            self._running += 1

    def end(self) -> None:
        with self._idle:
            self._running -= 1
            self._idle.notify_all()

    def drain(self, *, timeout: float) -> bool:
        """Return whether every running statement ended within this many seconds."""
        with self._idle:
            return self._idle.wait_for(lambda: not self._running, timeout)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS
    # Head and body are sent in one packet; otherwise Nagle's algorithm waits for a delayed acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: Server

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Log nothing: clients see their errors, and statements may hold personal data."""

    def do_GET(self) -> None:
        """Run a statement that changes nothing, or respond to a ping."""
        path = urlsplit(self.path)
        if path.path == "/ping" or (path.path in {"", "/"} and "query" not in dict(parse_qsl(path.query))):
            self._send(HTTPStatus.OK, b"Ok.\n")
        else:
            self._serve(readonly=True)

    def do_HEAD(self) -> None:
        """Respond as to GET, without a body."""
        self.do_GET()

    def do_POST(self) -> None:
        """Run any statement."""
        self._serve(readonly=False)

    def do_OPTIONS(self) -> None:
        """List the methods. Without Access-Control headers, pages of other origins can't call this server."""
        self._send(HTTPStatus.NO_CONTENT, b"", headers={"Allow": _METHODS})

    def _serve(self, *, readonly: bool) -> None:
        self.server.begin()
        try:
            url = urlsplit(self.path)
            if url.path not in {"", "/"}:
                self.close_connection = True
                self._send(HTTPStatus.NOT_FOUND, b"There is no such path\n")
                return
            parameters = dict(parse_qsl(url.query, keep_blank_values=True))
            request = self._request(parameters, readonly=readonly)
            with request.body:
                self._execute(request, parameters)
        except errors.EngineError as error:
            self._send_error(error)
        except (body.TruncatedBody, BrokenPipeError, ConnectionResetError, TimeoutError):
            self.close_connection = True
        finally:
            self.server.end()

    def _request(self, parameters: _Parameters, *, readonly: bool) -> Request:
        # Until the body has been read completely, its remainder can't be told apart from the next request.
        keep_alive, self.close_connection = not self.close_connection, True
        headers = cast("Mapping[str, str]", self.headers)
        role = self.server.credentials.role(headers, parameters)
        decompress = parameters.get("decompress") == "1"
        content = body.read(cast("BinaryIO", self.rfile), headers, decompress=decompress)
        self.close_connection = not keep_alive
        return protocol.request(parameters, headers, content=content, role=role, readonly=readonly)

    def _execute(self, request: Request, parameters: _Parameters) -> None:
        with self._watched(request, parameters), self.server.engine.execute(request) as result:
            head = {
                "X-ClickHouse-Query-Id": request.query_id,
                "X-ClickHouse-Timezone": self.server.engine.time_zone,
                "X-ClickHouse-Server-Display-Name": "vitrine",
                "Content-Type": formats.content_type(result.format),
            }
            if result.format is not None:
                head["X-ClickHouse-Format"] = result.format
            self._respond(result, parameters, headers=head)

    def _watched(self, request: Request, parameters: _Parameters) -> AbstractContextManager[None]:
        text = request.query
        if not text:
            text = request.body.read(1024)
            request.body.seek(0)
        wanted = parameters.get("cancel_http_readonly_queries_on_client_close", "1") != "0"
        if not wanted or not statements.is_read(text):
            return nullcontext()
        return self.server.disconnects.watching(
            self.connection, on_disconnect=lambda: self.server.engine.kill(request.query_id)
        )

    def _respond(self, result: StatementResult, parameters: _Parameters, *, headers: dict[str, str]) -> None:
        content: Iterable[bytes | memoryview] = result.blocks
        if parameters.get("wait_end_of_query") == "1":
            content = _spooled(content)
        # Two blocks are computed before the head is sent, so that small results are sent with their length
        # and summary, and most errors with their status.
        content = iter(content)
        first = list(islice(content, 2))
        headers["X-ClickHouse-Summary"] = json.dumps({name: str(n) for name, n in result.summary.items()})
        compressed = parameters.get("compress") == "1"
        if len(first) < 2:
            whole = b"".join(blocks.compress(first) if compressed else first)
            self._send(HTTPStatus.OK, whole, headers=headers)
        else:
            self._stream(chain(first, content), compressed=compressed, headers=headers)

    def _stream(
        self, content: Iterable[bytes | memoryview], *, compressed: bool, headers: dict[str, str]
    ) -> None:
        tag = secrets.token_hex(8)
        self.send_response(HTTPStatus.OK)
        for name, value in {**headers, "X-ClickHouse-Exception-Tag": tag}.items():
            self.send_header(name, value)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        if self.command == "HEAD":
            self.wfile.flush()
            return
        try:
            for block in blocks.compress(content) if compressed else content:
                self._chunk(block)
        except errors.EngineError as error:
            # As in ClickHouse, the marker is never compressed. Without a last chunk, no client can mistake
            # what it received for the whole result.
            self._chunk(_exception_marker(error, tag=tag))
            self.close_connection = True
            return
        self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()

    def _chunk(self, block: bytes | memoryview) -> None:
        self.wfile.write(b"%x\r\n" % len(block))
        self.wfile.write(block)
        self.wfile.write(b"\r\n")
        self.wfile.flush()

    def _send_error(self, error: errors.EngineError) -> None:
        headers = {"X-ClickHouse-Exception-Code": str(error.code)}
        if error.status is HTTPStatus.UNAUTHORIZED:
            headers["WWW-Authenticate"] = 'Basic realm="ClickHouse"'
        if self.close_connection:
            headers["Connection"] = "close"
        self._send(error.status, f"{error.message}\n".encode(), headers=headers)

    def _send(self, status: HTTPStatus, content: bytes, *, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "text/plain; charset=UTF-8", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
        self.wfile.flush()


def _spooled(content: Iterable[bytes | memoryview]) -> Iterator[bytes]:
    """Yield the blocks once all of them are computed; they are kept in a file if they are large."""
    with tempfile.SpooledTemporaryFile(max_size=_MEMORY_LIMIT) as spool:
        for block in content:
            spool.write(block)
        spool.seek(0)
        while block := spool.read(_BLOCK):
            yield block


def _exception_marker(error: errors.EngineError, *, tag: str) -> bytes:
    # The length includes the line end.
    message = f"{error.message}\n".encode()
    opening, closing = f"\r\n__exception__\r\n{tag}\r\n", f"{len(message)} {tag}\r\n__exception__\r\n"
    return opening.encode() + message + closing.encode()
