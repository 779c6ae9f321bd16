"""Concurrent clients of the web process beside clients that send the same requests to Elasticsearch."""

import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import urllib3

from benchmarks.application import Application
from benchmarks.search.catalogue import queries
from benchmarks.search.raw import RawRequest, recorded
from benchmarks.web_process import web_process
from indexing.elasticsearch.engine import ElasticsearchEngine

CLIENTS = 8
LEAST_RATIO = 0.6
BLOCKS = 4
"""How often both kinds of clients run, in turn."""

SendQuery = Callable[[urllib3.HTTPConnectionPool, int], object]
"""Sends the search for the query with this number."""


def compare(application: Application, engine: ElasticsearchEngine, *, url: str, rounds: int) -> None:
    """Print the searches per second of the web process, and of the requests that it sends to the cluster.

    Each side handles `rounds` searches, in a process of the shop and in the cluster on the same machine.
    """
    paths = [f"/api/search/?{urlencode({'q': query})}" for query in queries()]
    raw = [recorded(engine, lambda path=path: application.get(path)) for path in paths]  # type: ignore[misc]
    searches = max(CLIENTS, rounds // BLOCKS)
    with web_process({}) as served:
        sides = {"endpoint": (served.url, _getting(paths)), "raw": (url, _sending(raw))}
        for address, send in sides.values():
            searches_per_second(send, address=address, searches=max(CLIENTS, len(paths)))
        speeds = [
            {
                name: searches_per_second(send, address=address, searches=searches)
                for name, (address, send) in sides.items()
            }
            for _ in range(BLOCKS)
        ]
    endpoint, alone = (statistics.median(each[name] for each in speeds) for name in ("endpoint", "raw"))
    ratio = statistics.median(each["endpoint"] / each["raw"] for each in speeds)
    reached = "reached" if ratio >= LEAST_RATIO else "missed"
    print(
        f"{CLIENTS} clients: endpoint {endpoint:,.0f} searches/s, raw requests {alone:,.0f} searches/s, "
        f"ratio {ratio:.2f} (at least {LEAST_RATIO}: {reached})"
    )


def searches_per_second(send: SendQuery, *, address: str, searches: int) -> float:
    """Return how many searches complete in a second, each client sending one after another."""

    def run(number: int) -> None:
        with urllib3.connection_from_url(address, maxsize=1, retries=False, timeout=30.0) as pool:
            for query in range(number, searches, CLIENTS):
                send(pool, query)

    with ThreadPoolExecutor(CLIENTS) as threads:
        begun = time.perf_counter()
        list(threads.map(run, range(CLIENTS)))
        return searches / (time.perf_counter() - begun)


def _getting(paths: Sequence[str]) -> SendQuery:
    def send(pool: urllib3.HTTPConnectionPool, query: int) -> None:
        response = pool.request("GET", paths[query % len(paths)])
        assert response.status == 200, response.data[:500]

    return send


def _sending(requests: Sequence[Sequence[RawRequest]]) -> SendQuery:
    def send(pool: urllib3.HTTPConnectionPool, query: int) -> None:
        for request in requests[query % len(requests)]:
            request.send(pool)

    return send
