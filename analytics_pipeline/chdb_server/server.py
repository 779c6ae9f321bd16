"""ClickHouse's HTTP interface over the engine: one thread a connection, on loopback, with a token."""

import base64
import binascii
import hmac
import json
import secrets
import threading
import uuid
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from socketserver import TCPServer
from typing import BinaryIO, cast
from urllib.parse import parse_qsl, unquote, urlsplit

from analytics_pipeline.chdb_server import body, errors, form
from analytics_pipeline.chdb_server.engine import Answer, Engine, External, Request

# Parameters of the protocol and of its transport; every other one is a setting of the engine.
_PROTOCOL_PARAMETERS = frozenset(
    {
        "add_http_cors_header",
        "buffer_size",
        "cancel_http_readonly_queries_on_client_close",
        "client_protocol_version",
        "compress",
        "database",
        "decompress",
        "default_format",
        "enable_http_compression",
        "password",
        "query",
        "query_id",
        "quota_key",
        "role",
        "send_progress_in_http_headers",
        "session_check",
        "session_id",
        "session_timeout",
        "user",
        "wait_end_of_query",
    }
)
_EXTERNAL_SUFFIXES = ("_format", "_structure", "_types")
_IDLE_SECONDS = 3600


class Server(ThreadingHTTPServer):
    """The engine on a loopback port. `drain()` waits for what is under way."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, *, port: int, engine: Engine, token: str) -> None:
        self.engine = engine
        self.token = token
        self._under_way = 0
        self._idle = threading.Condition()
        super().__init__(("127.0.0.1", port), Handler)

    def server_bind(self) -> None:
        """Bind without HTTPServer's look-up of a name for the address, which may take many seconds."""
        TCPServer.server_bind(self)

    def begin(self) -> None:
        with self._idle:
            self._under_way += 1

    def end(self) -> None:
        with self._idle:
            self._under_way -= 1
            self._idle.notify_all()

    def drain(self, *, timeout: float) -> bool:
        """Whether every statement under way ended within this many seconds."""
        with self._idle:
            return self._idle.wait_for(lambda: not self._under_way, timeout)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS
    # Head and body leave in one packet; else Nagle's algorithm waits for the other side's delayed answer.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: Server

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing: clients see their errors, and statements may hold personal data."""

    def do_GET(self) -> None:
        path = urlsplit(self.path)
        if path.path == "/ping" or (path.path == "/" and "query" not in dict(parse_qsl(path.query))):
            self._send(HTTPStatus.OK, b"Ok.\n")
        else:
            self._serve(readonly=True)

    def do_POST(self) -> None:
        self._serve(readonly=False)

    def _serve(self, *, readonly: bool) -> None:
        self.server.begin()
        try:
            parameters = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
            content = self._content(parameters)
            request = self._request(parameters, content=content, readonly=readonly)
            with self.server.engine.execute(request) as answer:
                self._answer(answer, parameters=parameters, streaming=request.streaming)
        except errors.EngineError as error:
            self._send_error(error)
        except (body.TruncatedBody, BrokenPipeError, ConnectionResetError, TimeoutError):
            self.close_connection = True
        finally:
            self.server.end()

    def _content(self, parameters: Mapping[str, str]) -> BinaryIO:
        # Until a body was read to its end, its rest can't be told from a next request.
        keep_alive, self.close_connection = not self.close_connection, True
        self._authenticate(parameters)
        content = body.read(cast("BinaryIO", self.rfile), cast("Mapping[str, str]", self.headers))
        self.close_connection = not keep_alive
        return content

    def _authenticate(self, parameters: Mapping[str, str]) -> None:
        scheme, _, credentials = self.headers.get("Authorization", "").partition(" ")
        given = self.headers.get("X-ClickHouse-Key") or parameters.get("password", "")
        if scheme.lower() == "bearer":
            given = credentials
        elif scheme.lower() == "basic":
            try:
                given = unquote(base64.b64decode(credentials).decode().partition(":")[2])
            except (binascii.Error, UnicodeDecodeError):
                given = ""
        if not hmac.compare_digest(given.encode(), self.server.token.encode()):
            raise errors.refuse(
                "Authentication failed: the password is incorrect",
                code=errors.AUTHENTICATION_FAILED,
                name="AUTHENTICATION_FAILED",
            )

    def _request(self, parameters: dict[str, str], *, content: BinaryIO, readonly: bool) -> Request:
        query = parameters.get("query", "").encode("utf-8", "surrogateescape")
        externals: tuple[External, ...] = ()
        content_type = self.headers.get("Content-Type", "")
        parts = form.parse(content.read(), content_type=content_type) if "multipart" in content_type else None
        if parts is not None:
            plain = {part.name: part.value for part in parts if _is_plain(part.name)}
            query = plain.pop("query", query)
            parameters.update((name, value.decode()) for name, value in plain.items())
            externals = tuple(_external(part, parameters) for part in parts if not _is_plain(part.name))
            content = BytesIO()
        if query:
            query += b"\n"
        described = {f"{table.name}{suffix}" for table in externals for suffix in _EXTERNAL_SUFFIXES}
        return Request(
            query=query,
            body=content,
            default_format=parameters.get("default_format")
            or self.headers.get("X-ClickHouse-Format")
            or "TabSeparated",
            parameters={
                name.removeprefix("param_"): value
                for name, value in parameters.items()
                if name.startswith("param_")
            },
            settings={
                name: value
                for name, value in parameters.items()
                if name not in _PROTOCOL_PARAMETERS
                and not name.startswith(("param_", "http_"))
                and name not in described
            },
            database=parameters.get("database") or self.headers.get("X-ClickHouse-Database"),
            session=parameters.get("session_id"),
            session_timeout=float(parameters.get("session_timeout") or 60),
            externals=externals,
            streaming=parameters.get("wait_end_of_query") != "1",
            readonly=readonly,
        )

    def _answer(self, answer: Answer, *, parameters: Mapping[str, str], streaming: bool) -> None:
        headers = {
            "X-ClickHouse-Query-Id": parameters.get("query_id") or str(uuid.uuid4()),
            "X-ClickHouse-Timezone": self.server.engine.time_zone,
            "X-ClickHouse-Server-Display-Name": "vitrine",
            "X-ClickHouse-Summary": json.dumps({name: str(n) for name, n in answer.summary.items()}),
        }
        if answer.format is not None:
            headers["X-ClickHouse-Format"] = answer.format
        if not streaming:
            self._send(HTTPStatus.OK, b"".join(answer.blocks), headers=headers)
            return
        # The first block is computed before the head is sent, so that most errors still have a status.
        first = next(answer.blocks, b"")
        self._stream(first, answer.blocks, headers=headers)

    def _stream(self, first: bytes, rest: Iterator[bytes], *, headers: dict[str, str]) -> None:
        tag = secrets.token_hex(8)
        self.send_response(HTTPStatus.OK)
        for name, value in {**headers, "X-ClickHouse-Exception-Tag": tag}.items():
            self.send_header(name, value)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self._chunk(first)
        try:
            for block in rest:
                self._chunk(block)
        except RuntimeError as error:
            message = errors.from_engine(str(error)).message
            marker = (
                f"\r\n__exception__\r\n{tag}\r\n{message}\n{len(message.encode())} {tag}\r\n__exception__\r\n"
            )
            self._chunk(marker.encode())
        self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()

    def _chunk(self, block: bytes) -> None:
        if block:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(block), block))
            self.wfile.flush()

    def _send_error(self, error: errors.EngineError) -> None:
        headers = {"X-ClickHouse-Exception-Code": str(error.code)}
        if self.close_connection:
            headers["Connection"] = "close"
        self._send(error.status, f"{error.message}\n".encode(), headers=headers)

    def _send(self, status: HTTPStatus, content: bytes, *, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "text/plain; charset=UTF-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()


def _is_plain(name: str) -> bool:
    return name == "query" or name.startswith("param_")


def _external(part: form.Part, parameters: Mapping[str, str]) -> External:
    structure = parameters.get(f"{part.name}_structure")
    if structure is None:
        types = parameters.get(f"{part.name}_types", "").split(",")
        structure = ", ".join(f"_{number} {type_}" for number, type_ in enumerate(types, start=1))
    return External(
        name=part.name,
        structure=structure,
        format=parameters.get(f"{part.name}_format", "TabSeparated"),
        data=part.value,
    )
