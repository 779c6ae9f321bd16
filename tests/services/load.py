"""Concurrent requests of several kinds, with their outcomes."""

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

import urllib3

SendRequest = Callable[[urllib3.PoolManager], urllib3.BaseHTTPResponse]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The response to a request, or the error of its connection as the body with status 0, and the times."""

    kind: str
    status: int
    body: bytes
    begun: float
    ended: float
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """Return how long the request took."""
        return self.ended - self.begun


@dataclass
class Load:
    """Clients that each send requests of all kinds in turn."""

    kinds: Mapping[str, SendRequest]
    clients: int
    pause_seconds: float = 0.0
    """How long each client waits after a response."""
    outcomes: list[Outcome] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def running(self) -> Iterator["Load"]:
        """Send requests for the duration of the block, and wait for the last responses."""
        threads = [threading.Thread(target=self._send, args=(number,)) for number in range(self.clients)]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()

    def between(self, begun: float, ended: float) -> list[Outcome]:
        """Return the outcomes of requests that were sent between these times."""
        return [outcome for outcome in list(self.outcomes) if begun <= outcome.begun <= ended]

    def _send(self, number: int) -> None:
        http = urllib3.PoolManager(retries=False, timeout=30.0)
        names = list(self.kinds)
        for kind in cycle(names[number % len(names) :] + names[: number % len(names)]):
            if self._stop.wait(self.pause_seconds):
                return
            begun = time.monotonic()
            try:
                response = self.kinds[kind](http)
                status, body, headers = response.status, response.data, response.headers
            except urllib3.exceptions.HTTPError as error:
                status, body, headers = 0, repr(error).encode(), urllib3.HTTPHeaderDict()
            self.outcomes.append(Outcome(kind, status, body, begun, time.monotonic(), headers))


def statuses(outcomes: Sequence[Outcome]) -> dict[str, Counter[int]]:
    """Return how often each status occurred, by kind of request."""
    counted: dict[str, Counter[int]] = defaultdict(Counter)
    for outcome in outcomes:
        counted[outcome.kind][outcome.status] += 1
    return dict(counted)


def slowest(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Return the duration of the slowest request of each kind."""
    found: dict[str, float] = {}
    for outcome in outcomes:
        found[outcome.kind] = max(found.get(outcome.kind, 0.0), outcome.seconds)
    return found


def getting(url: str, **headers: str) -> SendRequest:
    """Return a function that sends a GET request."""
    return lambda http: http.request("GET", url, headers=headers)


def posting(url: str, body: Callable[[], Any], **headers: str) -> SendRequest:
    """Return a function that sends a POST request with a new JSON body each time."""
    return lambda http: http.request("POST", url, json=body(), headers=headers)
