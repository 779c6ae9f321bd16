"""POST of batches, compared with a null view and an intake with DRF serializers on the same server.

One client sends one request after another, so each request waits for a sync of the stream's file. The time of
an append alone is measured in the same rounds.
"""

import json
import random
import socket
import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from analytics_pipeline.stream import Stream, encode
from benchmarks.pipeline.samples import batch, events
from benchmarks.processor_time import cpu_seconds
from benchmarks.web_process import web_process

SIZES = (1, 50, 100, 500)
PATHS = {"ours": "/api/events/", "null": "/benchmark/null/", "serializers": "/benchmark/serializers/"}
BODIES = 8


@dataclass
class RequestCost:
    """The cost of a path: seconds until each response, and seconds of the server's CPU in total."""

    seconds: list[float] = field(default_factory=list)
    cpu_seconds: float = 0.0

    @property
    def median(self) -> float:
        """The median time of a request."""
        return statistics.median(self.seconds)

    @property
    def cpu(self) -> float:
        """The mean CPU time of a request."""
        return self.cpu_seconds / len(self.seconds)


def measure(*, rounds: int, environ: Mapping[str, str], stream: Stream) -> dict[int, dict[str, RequestCost]]:
    """Return the cost of each path for each batch size, and under "append" the cost of an append alone.

    The paths alternate in each round.
    """
    chance = random.Random(7)
    with web_process(environ) as served:
        return {
            size: _interleaved(
                served.port, served.pid, size=size, rounds=rounds, chance=chance, stream=stream
            )
            for size in SIZES
        }


def _interleaved(
    port: int, process: int, *, size: int, rounds: int, chance: random.Random, stream: Stream
) -> dict[str, RequestCost]:
    bodies = [json.dumps({"events": list(events(size, chance=chance))}).encode() for _ in range(BODIES)]
    entry = encode(batch(size, chance=chance))
    measured = {name: RequestCost() for name in (*PATHS, "append")}
    client = _Client(port)
    for number in range(rounds + 1):
        for name, path in PATHS.items():
            cpu = cpu_seconds(process)
            seconds = [client.post(path, body) for body in bodies]
            # The first round fills caches and connections.
            if number:
                measured[name].seconds += seconds
                measured[name].cpu_seconds += cpu_seconds(process) - cpu
        measured["append"].seconds += [_append_seconds(stream, entry) for _ in bodies]
    return measured


def _append_seconds(stream: Stream, entry: bytes) -> float:
    begun = time.perf_counter()
    stream.append_raw(entry)
    return time.perf_counter() - begun


class _Client:
    """One connection; each request is one write, so that the kernel doesn't delay a part of it."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def post(self, path: str, body: bytes) -> float:
        """Return the seconds until the response is complete; fail unless its status is 202."""
        head = (
            f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"X-Anonymous-Id: 0190f3c2-0000-7000-8000-00000000abcd\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        begun = time.perf_counter()
        self._socket.sendall(head.encode() + body)
        response = self._socket.recv(1 << 16)
        while not _complete(response):
            response += self._socket.recv(1 << 16)
        seconds = time.perf_counter() - begun
        assert b" 202 " in response.split(b"\r\n", 1)[0], response
        return seconds


def _complete(response: bytes) -> bool:
    head, found, body = response.partition(b"\r\n\r\n")
    if not found:
        return False
    for line in head.lower().split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name == b"content-length" and value:
            return len(body) >= int(value)
        if name == b"transfer-encoding":
            return body.endswith(b"0\r\n\r\n")
    return True
