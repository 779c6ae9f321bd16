"""An intake whose answers a test decides."""

import gzip
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. Status 202 accepts all events."""

    status: int = 202
    headers: Mapping[str, str] = field(default_factory=dict)
    code: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """A batch, with the header User-Agent and the time of its arrival."""

    body: Any
    user_agent: str
    arrived: float

    @property
    def ids(self) -> list[str]:
        """The ids of its events."""
        return [event["event_id"] for event in self.body["events"]]


class ScriptedIntake:
    """Answers with `replies` in turn, and afterwards accepts everything."""

    def __init__(self, replies: list[Reply]) -> None:
        """Begin without requests."""
        self.replies = replies
        self.requests: list[Request] = []
        self.url = ""

    @contextmanager
    def running(self) -> Iterator["ScriptedIntake"]:
        """Serve on a free port."""
        intake = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                body = json.loads(gzip.decompress(raw) if self.headers["Content-Encoding"] else raw)
                agent = self.headers.get("User-Agent", "")
                intake.requests.append(Request(body, agent, time.monotonic()))
                reply = intake.replies.pop(0) if intake.replies else Reply()
                data = {"accepted": len(body["events"]), "refused": [], "tracked": True}
                answer = {"data": data} if reply.status == 202 else {"code": reply.code}
                self._answer(reply.status, json.dumps(answer).encode(), headers=reply.headers)

            def do_OPTIONS(self) -> None:
                self._answer(200, b"", headers={"Access-Control-Allow-Headers": "authorization"})

            def _answer(self, status: int, body: bytes, *, headers: Mapping[str, str]) -> None:
                self.send_response(status)
                cors = {
                    "Access-Control-Allow-Origin": "*",
                    "Access-Control-Expose-Headers": "Retry-After",
                    "Content-Length": str(len(body)),
                }
                for name, value in {**cors, **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
                """Do nothing."""

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            self.url = f"http://127.0.0.1:{server.server_port}/api/events/"
            thread = Thread(target=server.serve_forever)
            thread.start()
            try:
                yield self
            finally:
                server.shutdown()
                thread.join()
