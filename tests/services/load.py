"""Concurrent requests of several kinds, each with its outcome."""

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

import urllib3

Ask = Callable[[urllib3.PoolManager], urllib3.BaseHTTPResponse]


@dataclass(frozen=True, slots=True)
class Outcome:
    """An answer, or a broken connection (status 0, and the error as body), with the times of its request."""

    kind: str
    status: int
    body: bytes
    begun: float
    ended: float

    @property
    def seconds(self) -> float:
        """How long the client waited."""
        return self.ended - self.begun


@dataclass
class Load:
    """Clients that send one request after the other, each of the next kind."""

    kinds: Mapping[str, Ask]
    clients: int
    outcomes: list[Outcome] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def running(self) -> Iterator["Load"]:
        """Send requests for the duration of the block, and wait for the last answers."""
        threads = [threading.Thread(target=self._send, args=(place,)) for place in range(self.clients)]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self._over.set()
            for thread in threads:
                thread.join()

    def between(self, begun: float, ended: float) -> list[Outcome]:
        """Return the outcomes of requests that began in this time."""
        return [outcome for outcome in list(self.outcomes) if begun <= outcome.begun <= ended]

    def _send(self, place: int) -> None:
        http = urllib3.PoolManager(retries=False, timeout=30.0)
        names = list(self.kinds)
        for kind in cycle(names[place % len(names) :] + names[: place % len(names)]):
            if self._over.is_set():
                return
            begun = time.monotonic()
            try:
                answer = self.kinds[kind](http)
                status, body = answer.status, answer.data
            except urllib3.exceptions.HTTPError as error:
                status, body = 0, repr(error).encode()
            self.outcomes.append(Outcome(kind, status, body, begun, time.monotonic()))


def statuses(outcomes: Sequence[Outcome]) -> dict[str, Counter[int]]:
    """Return how often each kind of request had which status."""
    counted: dict[str, Counter[int]] = defaultdict(Counter)
    for outcome in outcomes:
        counted[outcome.kind][outcome.status] += 1
    return dict(counted)


def slowest(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Return the longest time that a client waited for each kind of request."""
    found: dict[str, float] = {}
    for outcome in outcomes:
        found[outcome.kind] = max(found.get(outcome.kind, 0.0), outcome.seconds)
    return found


def getting(url: str, **headers: str) -> Ask:
    """Return a GET request."""
    return lambda http: http.request("GET", url, headers=headers)


def posting(url: str, body: Callable[[], Any], **headers: str) -> Ask:
    """Return a POST request whose JSON body is made anew for each."""
    return lambda http: http.request("POST", url, json=body(), headers=headers)
