"""The base of the stand-ins for payment gateways: an HTTP server, idempotency keys, and faults on demand."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

# Unexpected values for any field of a webhook.
JUNK: tuple[Any, ...] = (None, -1, 0, 10**30, "", "NaN", "1e999", "-5", "\x00", [1], {})


def with_junk(content: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield copies of a JSON object in each of which one value, at any depth, is missing or is junk."""
    for name, value in content.items():
        yield {other: content[other] for other in content if other != name}
        yield from ({**content, name: junk} for junk in JUNK)
        if isinstance(value, dict):
            yield from ({**content, name: changed} for changed in with_junk(value))


@dataclass
class Response:
    status: int
    content: Mapping[str, Any] | bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        return self.content if isinstance(self.content, bytes) else json.dumps(self.content).encode()


@dataclass
class Call:
    """A request that the stand-in received."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class StandIn:
    """A gateway's API in this process.

    `fault` takes effect on the next request that changes something: `lost` performs it and closes the
    connection, `down` responds 503 and performs nothing, `broken` responds 500 (to be defined by the gateway),
    `hang` performs it and responds only after `resume` is set.
    """

    url: str = ""
    calls: list[Call] = field(default_factory=list)
    saved: dict[str, tuple[tuple[str, bytes], Response]] = field(default_factory=dict)
    fault: str = ""
    performed: threading.Event = field(default_factory=threading.Event)
    resume: threading.Event = field(default_factory=threading.Event)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def respond(self, call: Call) -> Response:
        raise NotImplementedError

    def take_fault(self) -> str:
        fault, self.fault = self.fault, ""
        return fault

    @contextmanager
    def running(self) -> Iterator["StandIn"]:
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        server.daemon_threads = True
        self.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.resume.set()
            server.shutdown()
            server.server_close()
            thread.join()


def _handler(standin: StandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _handle(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            call = Call(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body)
            with standin.lock:
                standin.calls.append(call)
                fault = "" if call.path.endswith("/token") or call.method == "GET" else standin.take_fault()
                response = (
                    Response(503, b"upstream unavailable") if fault == "down" else standin.respond(call)
                )
            standin.performed.set()
            if fault == "hang":
                standin.resume.wait(60)
            if fault == "lost":
                self.close_connection = True
                return
            self.send_response(response.status)
            self.send_header("Content-Length", str(len(response.body)))
            for name, value in response.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(response.body)

        do_GET = do_POST = _handle  # noqa: N815 - names of the base class

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    return Handler
