"""The example's client repeats what may be repeated while a part of the shop is not available."""

import json
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from examples.purchase import client as module
from examples.purchase.client import Client, UnexpectedResponse


class Unavailable(BaseHTTPRequestHandler):
    """Responds with 503 to each request until it was sent as often as the server's `refusals` and once more."""

    server: "Server"

    def respond(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.requests.append(f"{self.command} {self.path}")
        is_refused = len(self.server.requests) <= self.server.refusals
        self.send_response(503 if is_refused else 200)
        if is_refused and self.path != "/without-a-time/":
            is_time = self.path == "/with-a-time-of-day/"
            self.send_header("Retry-After", "Sat, 28 Nov 2026 12:00:00 GMT" if is_time else "1")
        body = json.dumps({"data": self.path}).encode()
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = respond  # noqa: N815 - names of the base class

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as in the base class
        pass


class Server(HTTPServer):
    """Counts requests."""

    refusals = 2

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Unavailable)
        self.requests: list[str] = []


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    found: list[float] = []
    monkeypatch.setattr(time, "sleep", found.append)
    return found


def client_of(server: Server) -> Client:
    return Client(f"http://127.0.0.1:{server.server_port}")


def test_a_read_and_a_request_with_a_key_are_repeated_after_the_time_asked_for(
    server: Server, pauses: list[float]
) -> None:
    assert client_of(server).get("/report/") == "/report/"
    assert (server.requests, pauses) == (["GET /report/"] * 3, [1, 1])

    server.requests.clear()
    keyed = {"Idempotency-Key": "k"}
    assert client_of(server).post("/orders/", {}, headers=keyed) == "/orders/"
    assert server.requests == ["POST /orders/"] * 3


@pytest.mark.parametrize(
    "request_line", ["POST /orders/", "GET /without-a-time/", "GET /with-a-time-of-day/"]
)
def test_what_may_have_taken_effect_or_has_no_seconds_is_not_repeated(
    server: Server, pauses: list[float], request_line: str
) -> None:
    method, path = request_line.split()

    with pytest.raises(UnexpectedResponse, match=f"{request_line}: 503 instead of 200"):
        client_of(server).send(method, path)

    assert (server.requests, pauses) == ([request_line], [])


def test_it_gives_up_after_its_deadline(
    server: Server, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    server.refusals = 9_999
    monkeypatch.setattr(module, "DEADLINE_SECONDS", 0.5)

    with pytest.raises(UnexpectedResponse, match="503 instead of 200"):
        client_of(server).get("/report/")

    assert server.requests == ["GET /report/"]
