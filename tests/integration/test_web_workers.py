"""A killed web process is replaced without affecting the others, and slow clients block no requests."""

import json
import os
import random
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.journeys.conftest import UNLIMITED
from tests.services import RUN
from tests.services.load import Load, getting
from tests.services.schema import migrate
from tests.services.shop import Shop
from tests.services.waiting import wait_until

# The tests of what the server itself refuses or ends, before any store is used, are not marked `stores`.
pytestmark = [pytest.mark.slow, pytest.mark.once]

WORKERS = ["web", "web-2"]
CLIENTS = 8
# Without pauses, the clients would take the processor time that a process needs to start.
PAUSE_SECONDS = 0.1
BODY_SECONDS = 3
# The state of a socket in /proc/net/tcp.
LISTENS = "0A"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    environ = RUN.shop_environ("workers", shares_redis=False) | UNLIMITED
    environ |= {"WEB_WORKERS": str(len(WORKERS)), "WEB_BODY_SECONDS": str(BODY_SECONDS)}
    shop = Shop(tmp_path_factory.mktemp("workers"), environ=environ)
    migrate(shop)
    shop.start()
    wait_until(lambda: serving(shop) == WORKERS, what="all web processes serve", seconds=120)
    yield shop
    shop.stop()


def serving(shop: Shop) -> list[str]:
    """Return the names of the web processes whose worker accepts connections."""
    found = {name: worker_of(pid) for name, (_, pid) in shop.processes().items() if name.startswith("web")}
    return sorted(name for name, worker in found.items() if worker and accepts(worker, port=shop.port))


def accepts(pid: int, *, port: int) -> bool:
    """Return whether the process listens on the port, which several processes may share."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    sockets = {f"socket:[{row[9]}]" for row in rows if row[1].endswith(f":{port:04X}") and row[3] == LISTENS}
    try:
        return any(str(path.readlink()) in sockets for path in Path(f"/proc/{pid}/fd").iterdir())
    except FileNotFoundError:
        return False


def worker_of(pid: int) -> int | None:
    """Return the process that handles requests, which is a child of Granian's main process."""
    if pid == 0:
        return None
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return None
    return int(children[0]) if children else None


def exists(pid: int) -> bool:
    """Return whether the process, or a thread of it, still exists."""
    return Path(f"/proc/{pid}").exists()


@pytest.mark.stores
def test_a_killed_web_process_is_replaced_and_only_its_own_requests_fail(shop: Shop) -> None:
    rng = random.Random(7)
    live = {"live": getting(f"http://127.0.0.1:{shop.port}/api/health/live/", connection="close")}
    kills: list[tuple[float, float]] = []
    """The time of each kill, and the time at which the process had ended."""
    with Load(live, clients=CLIENTS, pause_seconds=PAUSE_SECONDS).running() as load:
        for name in rng.sample(WORKERS, k=len(WORKERS)):
            wait_until(lambda: serving(shop) == WORKERS, what="all web processes serve", seconds=120)
            before = shop.processes()
            worker = worker_of(before[name][1])
            assert worker is not None
            killed_at = time.monotonic()
            os.kill(worker, signal.SIGKILL)
            wait_until(lambda worker=worker: not exists(worker), what="the process ended")  # type: ignore[misc]
            kills.append((killed_at, time.monotonic()))
            count = len(load.outcomes)
            wait_until(
                lambda count=count: len(load.outcomes) > count + CLIENTS,  # type: ignore[misc]
                what="the other process serves requests",
            )
            others = {other: pid for other, (_, pid) in before.items() if other in WORKERS and other != name}
            assert {other: shop.pid(other) for other in others} == others, (
                "the other process was not restarted"
            )

    failed = [outcome for outcome in load.outcomes if outcome.status != 200]
    assert {outcome.status for outcome in failed} <= {0}, "a request fails only by a broken connection"
    unrelated = [
        (outcome, min((outcome.begun - ended for _, ended in kills), key=abs))
        for outcome in failed
        if not any(outcome.begun <= ended and killed <= outcome.ended for killed, ended in kills)
    ]
    assert unrelated == [], "failed outside any kill, with the seconds since the nearest one"
    assert len(load.outcomes) > len(kills) * CLIENTS


@pytest.mark.stores
def test_connections_are_refused_after_all_web_processes_were_killed_until_one_is_restarted(
    shop: Shop,
) -> None:
    wait_until(lambda: serving(shop) == WORKERS, what="all web processes serve", seconds=120)
    live = {"live": getting(f"http://127.0.0.1:{shop.port}/api/health/live/", connection="close")}
    with Load(live, clients=2, pause_seconds=PAUSE_SECONDS).running() as load:
        workers = [worker_of(pid) for name, (_, pid) in shop.processes().items() if name in WORKERS]
        for worker in filter(None, workers):
            os.kill(worker, signal.SIGKILL)
        wait_until(
            lambda: any(each.status == 0 for each in list(load.outcomes)), what="a connection is refused"
        )
        wait_until(lambda: serving(shop) == WORKERS, what="all web processes serve again", seconds=120)
        restored_at = time.monotonic()
        wait_until(
            lambda: len(load.between(restored_at, time.monotonic())) > 10,
            what="requests were sent since then",
        )

    assert {each.status for each in load.outcomes} == {0, 200}
    assert {each.status for each in load.between(restored_at, time.monotonic())} == {200}


@pytest.mark.parametrize(
    "sent",
    [
        b"POST /accounts/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{",
        b"POST /api/events/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
    ],
    ids=["content length", "chunked"],
)
def test_unfinished_bodies_block_no_requests_and_end_at_their_deadline(shop: Shop, sent: bytes) -> None:
    with ExitStack() as stack:
        begun = time.monotonic()
        sockets = [
            stack.enter_context(socket.create_connection(("127.0.0.1", shop.port))) for _ in range(200)
        ]
        for connection in sockets:
            connection.sendall(sent)

        while time.monotonic() - begun < BODY_SECONDS - 1:
            assert shop.get("/api/health/live/")[0] == 200
            assert shop.get("/api/products/")[0] == 200

        for connection in sockets:
            connection.settimeout(30)
            response = connection.recv(4_096)
            assert response.startswith(b"HTTP/1.1 408 ")
            assert b'"body_too_slow"' in response


@pytest.mark.parametrize(
    "chunks",
    [b"zz\r\n{}\r\n0\r\n\r\n", b"2\r\n{}XX", b"-1\r\n", b"F" * 20 + b"\r\n", b"2\r\n{}\r\n0\r\nbad\r\n\r\n"],
    ids=["not a number", "no end", "negative", "huge", "trailer"],
)
def test_malformed_chunks_are_refused_with_400_and_the_request_id(shop: Shop, chunks: bytes) -> None:
    head = b"POST /accounts/login/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    with socket.create_connection(("127.0.0.1", shop.port)) as connection:
        connection.settimeout(30)
        connection.sendall(head + chunks)
        response = b"".join(iter(lambda: connection.recv(4_096), b""))

    _, _, body = response.partition(b"\r\n\r\n")
    assert response.startswith(b"HTTP/1.1 400 ")
    assert json.loads(body)["code"] == "body_incomplete"
    assert json.loads(body)["request_id"].encode() in response.removesuffix(body)


HIDDEN = b"GET /api/health/ready/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
SMUGGLING = {
    "both lengths": b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" % (len(HIDDEN) + 5),
    "both, in the other order": b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
    "two lengths": b"Content-Length: 0\r\nContent-Length: %d\r\n\r\n" % len(HIDDEN),
    "a list of lengths": b"Content-Length: 0, %d\r\n\r\n" % len(HIDDEN),
    "a length with a sign": b"Content-Length: +0\r\n\r\n",
    "a negative length": b"Content-Length: -1\r\n\r\n",
    "a space before the colon": b"Content-Length : %d\r\n\r\n" % len(HIDDEN),
    "an unknown coding": b"Transfer-Encoding: xchunked\r\n\r\n",
    "chunked twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "a folded header": b"Transfer-Encoding:\r\n chunked\r\nContent-Length: 0\r\n\r\n",
    "NUL in a header": b"X-Lamp: a\0b\r\nContent-Length: 0\r\n\r\n",
    "a bare carriage return": b"X-Lamp: a\rContent-Length: 0\r\n\r\n",
}


def pipelined(shop: Shop, *, framing: bytes) -> bytes:
    """Return the responses to a request with this framing that is followed by another one."""
    with socket.create_connection(("127.0.0.1", shop.port)) as connection:
        connection.settimeout(30)
        connection.sendall(b"POST /accounts/login/ HTTP/1.1\r\nHost: localhost\r\n" + framing + HIDDEN)
        return b"".join(iter(lambda: connection.recv(4_096), b""))


@pytest.mark.parametrize("framing", SMUGGLING)
def test_a_request_whose_length_is_ambiguous_is_the_last_of_its_connection(shop: Shop, framing: str) -> None:
    received = pipelined(shop, framing=SMUGGLING[framing])

    assert received.count(b"HTTP/1.1 ") <= 1, received


def test_a_request_of_a_clear_length_may_be_followed_by_another(shop: Shop) -> None:
    received = pipelined(shop, framing=b"Content-Length: 0\r\n\r\n")

    assert received.count(b"HTTP/1.1 ") == 2


def test_unfinished_headers_block_no_requests_and_their_connections_are_closed(shop: Shop) -> None:
    with ExitStack() as stack:
        sockets = [
            stack.enter_context(socket.create_connection(("127.0.0.1", shop.port))) for _ in range(200)
        ]
        for connection in sockets:
            connection.sendall(b"GET /api/products/ HTTP/1.1\r\nHost: loc")

        assert shop.get("/api/products/")[0] == 200

        for connection in sockets:
            connection.settimeout(30)
            assert connection.recv(4_096) == b""


@pytest.mark.stores
def test_metrics_are_the_sums_over_all_web_processes(shop: Shop) -> None:
    def requests_counted() -> float:
        name = 'vitrine_http_requests_total{method="GET",route="api/health/live/",status="200"}'
        lines = [line for line in shop.operators("/metrics").splitlines() if line.startswith(name)]
        return float(lines[0].rpartition(" ")[2]) if lines else 0.0

    before = requests_counted()
    for _ in range(40):
        assert shop.request("GET", "/api/health/live/", headers={"Connection": "close"})[0] == 200

    assert requests_counted() == before + 40
    assert '"state"' in shop.operators("/health")
