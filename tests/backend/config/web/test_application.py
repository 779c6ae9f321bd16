"""The web process limits request bodies, and responds even when its threads hang or fail."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterable
from functools import cache
from typing import Any
from uuid import UUID

import orjson
import pytest
from pytest_django import Settings

from backend.api.request_id import current_request_id
from backend.config.web.application import Web
from backend.config.web.gateway import Environ
from backend.config.web.protocol import Message, Scope
from backend.config.web.refusals import Handler
from backend.config.web.threads import Threads
from tests.backend.together import DEADLINE_SECONDS

LIMIT = 1_000


def scope_of(
    path: str = "/echo", *, method: str = "POST", headers: Iterable[tuple[bytes, bytes]] = ()
) -> Scope:
    return {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"a=1",
        "http_version": "1.1",
        "scheme": "http",
        "server": ("localhost", 80),
        "client": ("192.0.2.7", 50_000),
        "headers": list(headers),
    }


def echo(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Return the environment and the body."""
    body = environ["wsgi.input"].read()
    strings = {name: value for name, value in environ.items() if isinstance(value, str)}
    start_response("201 Created", [("Content-Type", "application/json"), ("X-Path", environ["PATH_INFO"])])
    return [orjson.dumps({"environ": strings, "body": body.decode()})]


class Client:
    """Sends one request and returns the response; a part of the body that is None never arrives."""

    def __init__(self, web: Web) -> None:
        self.web = web
        self.sent: list[Message] = []

    async def send_request(self, scope: Scope, *parts: bytes | None) -> tuple[int, dict[bytes, bytes], Any]:
        waiting = [*parts]

        async def receive() -> Message:
            part = waiting.pop(0) if waiting else b""
            if part is None:
                await asyncio.Event().wait()
            return {"type": "http.request", "body": part, "more_body": bool(waiting)}

        async def send(message: Message) -> None:
            self.sent.append(message)

        await self.web(scope, receive, send)
        start, body = self.sent
        return start["status"], dict(start["headers"]), orjson.loads(body["body"])


def pool(
    name: str = "test", *, threads: int = 2, queue: int = 2, wait: float = DEADLINE_SECONDS, run: float = 5.0
) -> Threads:
    return Threads(name, threads=threads, queue=queue, wait_seconds=wait, run_seconds=run)


handler = cache(Handler)


def web_of(application: Any = echo, **options: Any) -> Web:
    defaults: dict[str, Any] = {"threads": pool(), "largest_body": LIMIT, "body_seconds": 0.05, **options}
    return Web(application, refusing=handler(), **defaults)


def run(awaitable: Awaitable[Any]) -> Any:
    async def bounded() -> Any:
        return await asyncio.wait_for(awaitable, DEADLINE_SECONDS)

    return asyncio.run(bounded())


def test_a_request_reaches_the_application_as_a_wsgi_environment() -> None:
    headers = [
        (b"content-type", b"text/plain"),
        (b"x-forwarded-for", b"203.0.113.1"),
        (b"x-forwarded-for", b"203.0.113.2"),
        (b"cookie", b"a=1"),
        (b"cookie", b"b=2"),
        (b"x_forwarded_for", b"6.6.6.6"),
    ]

    status, sent, response = run(
        Client(web_of()).send_request(scope_of("/caf%C3%A9/", headers=headers), b"he", b"llo")
    )

    environ = response["environ"]
    assert (status, response["body"]) == (201, "hello")
    assert sent[b"X-Path"].decode("latin-1").encode("latin-1").decode() == "/café/"
    assert (environ["REQUEST_METHOD"], environ["QUERY_STRING"], environ["REMOTE_ADDR"]) == (
        "POST",
        "a=1",
        "192.0.2.7",
    )
    assert (environ["CONTENT_TYPE"], environ["CONTENT_LENGTH"]) == ("text/plain", "5")
    assert environ["HTTP_X_FORWARDED_FOR"] == "203.0.113.1,203.0.113.2", (
        "headers with underscores are dropped"
    )
    assert environ["HTTP_COOKIE"] == "a=1; b=2"


@pytest.mark.parametrize("path", ["/" + "x" * 10, "/%00", "/%zz", "//", "/%2e%2e/"])
def test_any_path_has_a_response(path: str) -> None:
    assert run(Client(web_of()).send_request(scope_of(path)))[0] == 201


@pytest.mark.parametrize(
    ("headers", "parts"),
    [([(b"content-length", b"1001")], ()), ([], (b"x" * 600, b"x" * 600))],
    ids=["content length", "chunked"],
)
def test_a_body_that_is_too_large_is_refused_before_it_is_read(
    headers: list[tuple[bytes, bytes]], parts: tuple[bytes, ...]
) -> None:
    status, sent, response = run(Client(web_of()).send_request(scope_of(headers=headers), *parts))

    assert (status, response["code"], response["details"]) == (413, "body_too_large", {"max_bytes": LIMIT})
    assert sent[b"Connection"] == b"close"


def test_an_incomplete_body_is_refused_at_its_deadline_and_occupies_no_thread() -> None:
    async def many() -> list[Any]:
        web = web_of(threads=pool(threads=1), body_seconds=2.0)
        slow = [asyncio.create_task(Client(web).send_request(scope_of(), b"{", None)) for _ in range(40)]
        await asyncio.sleep(0)
        status, _, response = await Client(web).send_request(scope_of(), b"quick")
        assert (status, response["body"]) == (201, "quick")
        assert not any(task.done() for task in slow)
        return [await task for task in slow]

    responses = run(many())

    assert {(status, response["code"]) for status, _, response in responses} == {(408, "body_too_slow")}


@pytest.mark.parametrize("threads", [1, 3])
def test_requests_beyond_threads_and_queue_are_refused(threads: int) -> None:
    release = threading.Event()

    def hang(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        release.wait(DEADLINE_SECONDS)
        return echo(environ, start_response)

    async def many() -> list[Any]:
        web = web_of(hang, threads=pool(threads=threads, queue=2, wait=0.05))
        tasks = [asyncio.create_task(Client(web).send_request(scope_of())) for _ in range(threads + 5)]
        done, _ = await asyncio.wait(tasks, timeout=1.0)
        refused = [task.result() for task in done]
        release.set()
        await asyncio.gather(*tasks)
        return refused

    refused = run(many())

    assert len(refused) == 5, "three found the queue full, and two timed out in it"
    assert {(status, response["code"]) for status, _, response in refused} == {(503, "server_busy")}
    assert all(b"Retry-After" in sent for _, sent, _ in refused)


def test_a_request_that_hangs_gets_a_503() -> None:
    release = threading.Event()

    def hang(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        release.wait(DEADLINE_SECONDS)
        return echo(environ, start_response)

    status, _, response = run(Client(web_of(hang, threads=pool(wait=1.0, run=0.05))).send_request(scope_of()))
    release.set()

    assert (status, response["code"]) == (503, "answer_too_late")


def test_a_reserved_path_is_served_while_all_threads_hang() -> None:
    release = threading.Event()

    def hang(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] != "/live/":
            release.wait(DEADLINE_SECONDS)
        return echo(environ, start_response)

    async def both() -> int:
        web = web_of(hang, threads=pool(threads=1, wait=DEADLINE_SECONDS), reserved={"/live/": pool("live")})
        hung = [asyncio.create_task(Client(web).send_request(scope_of())) for _ in range(3)]
        await asyncio.sleep(0)
        status, _, _ = await Client(web).send_request(scope_of("/live/", method="GET"))
        release.set()
        await asyncio.gather(*hung)
        return int(status)

    assert run(both()) == 201


def logged(caplog: pytest.LogCaptureFixture) -> dict[str, Any]:
    """Return the log entries by their events."""
    lines: list[Any] = [record.msg for record in caplog.records]
    return {line["event"]: line for line in lines if isinstance(line, dict)}


def test_an_exception_of_the_application_is_a_500_in_the_error_envelope(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        raise LookupError("broken")

    status, _, response = run(Client(web_of(broken)).send_request(scope_of()))

    assert (status, response["code"]) == (500, "internal_error")
    assert "broken" not in str(response)
    line = logged(caplog)["request_refused"]
    assert (repr(line["exc_info"]), line["request_id"]) == ("LookupError('broken')", response["request_id"])


async def disconnected(web: Web, scope: Scope) -> list[Message]:
    """Send a request whose connection the server reports as closed, as for malformed chunks."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await web(scope, receive, send)
    return sent


def test_a_truncated_body_is_a_bad_request_and_closes_the_connection() -> None:
    start, body = run(disconnected(web_of(), scope_of()))

    assert (start["status"], orjson.loads(body["body"])["code"]) == (400, "body_incomplete")
    assert dict(start["headers"])[b"Connection"] == b"close"


SHOP = "https://shop.example"


@pytest.mark.parametrize("status", [400, 408, 413, 503])
def test_a_refused_request_passes_through_the_middleware(
    status: int, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.CORS_ALLOWED_ORIGINS = [SHOP]
    scope = scope_of(headers=[(b"origin", SHOP.encode())])
    caplog.set_level("INFO")

    sent, response = run(refused(status, scope))

    request_id = response["request_id"]
    assert (response["status"], sent[b"X-Request-Id"]) == (status, str(UUID(request_id)).encode())
    assert sent[b"access-control-allow-origin"] == SHOP.encode()
    assert b"X-Request-Id" in sent[b"access-control-expose-headers"]
    lines = logged(caplog)
    assert lines["request_refused"]["request_id"] == lines["request_finished"]["request_id"] == request_id
    assert lines["request_refused"]["error"] == response["code"]
    expected = {"code": status, "request": "POST /echo?a", "ip": "192.0.2.7"}
    assert expected.items() <= lines["request_finished"].items()
    assert current_request_id() is None


def test_refused_requests_without_an_id_get_different_ones() -> None:
    ids = {run(refused(408, scope_of()))[1]["request_id"] for _ in range(2)}
    assert len({UUID(each) for each in ids}) == 2


async def refused(status: int, scope: Scope) -> tuple[dict[bytes, bytes], Any]:
    """Send a request that is refused with `status`; return the headers and the body."""
    match status:
        case 400:
            start, body = await disconnected(web_of(), scope)
            return dict(start["headers"]), orjson.loads(body["body"])
        case 408:
            parts: tuple[bytes | None, ...] = (b"{", None)
        case 413:
            parts = (b"x" * (LIMIT + 1),)
        case _:
            parts = ()
    threads = pool(queue=-2 if status == 503 else 2)
    _, headers, response = await Client(web_of(threads=threads)).send_request(scope, *parts)
    return headers, response
