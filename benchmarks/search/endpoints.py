"""The endpoints of search and suggestions beside the engine's work alone."""

from collections.abc import Callable
from functools import partial
from urllib.parse import urlencode

import urllib3

from benchmarks.application import Application
from benchmarks.search.catalogue import misspelt, queries
from benchmarks.search.raw import RawRequest, recorded
from benchmarks.search.timing import Call, alternate
from indexing.elasticsearch.engine import ElasticsearchEngine
from indexing.engine import SearchEngine
from indexing.suggestions.typed import Typed
from indexing.tantivy.engine import TantivyEngine
from indexing.tantivy.suggesting import found_products

LARGEST_CPU = {"search": 3.0, "suggestions": 1.0}
"""Milliseconds of own CPU above the engine's work."""


def measure(application: Application, engine: SearchEngine, *, url: str | None, rounds: int) -> None:
    """Print what each endpoint adds to the engine's work: its CPU time, and the ratio of the durations."""
    print("endpoint      wall ms  engine ms      x  CPU ms  engine CPU  own CPU above it")
    for name, path in (("search", "/api/search/"), ("suggestions", "/api/search/suggestions/")):
        calls = [
            _calls(application, engine, f"{path}?{urlencode({'q': query})}", url=url)
            for query in _texts(name)
        ]
        costs = alternate(calls, rounds=rounds)
        (wall, cpu), (base, base_cpu) = costs["endpoint"].median(), costs["engine"].median()
        _, above = costs["endpoint"].above(costs["engine"])
        reached = "reached" if above <= LARGEST_CPU[name] else "missed"
        print(
            f"{name:12} {wall:8.2f}  {base:9.2f}  {wall / base:5.2f}  {cpu:6.2f}  {base_cpu:10.2f}"
            f"  {above:5.2f} (at most {LARGEST_CPU[name]:g}: {reached})"
        )


def _texts(name: str) -> list[str]:
    if name == "search":
        return queries()
    return [query[:letters] for query in queries() for letters in (3, 6)]


def _calls(application: Application, engine: SearchEngine, path: str, *, url: str | None) -> dict[str, Call]:
    def endpoint() -> None:
        response = application.get(path)
        assert response.status == 200, response.body[:500]

    return {"endpoint": endpoint, "engine": _engine_alone(engine, endpoint, url=url)}


def _engine_alone(engine: SearchEngine, endpoint: Call, *, url: str | None) -> Call:
    """Return a call with only the engine's part of the endpoint's work."""
    if isinstance(engine, ElasticsearchEngine):
        endpoint()
        pool = urllib3.connection_from_url(str(url), maxsize=1)
        return partial(_send_all, pool, recorded(engine, endpoint))
    return _inner_call(engine, endpoint)


def _send_all(pool: urllib3.HTTPConnectionPool, requests: list[RawRequest]) -> None:
    for request in requests:
        request.send(pool)


def _inner_call(engine: SearchEngine, endpoint: Call) -> Call:
    """Return the call of the engine that the endpoint makes, if it makes one."""
    made: list[Callable[[], object]] = []
    alone: dict[str, Callable[..., object]] = {
        "search": engine.search,
        "suggest_products": partial(_found_products, engine),
    }
    for name, call in alone.items():
        method = getattr(engine, name)

        def recording(
            *arguments: object,
            _method: Callable[..., object] = method,
            _alone: Callable[..., object] = call,
            **options: object,
        ) -> object:
            made.append(partial(_alone, *arguments, **options))
            return _method(*arguments, **options)

        setattr(engine, name, recording)
    try:
        endpoint()
    finally:
        for name in alone:
            delattr(engine, name)
    return lambda: [call() for call in made]


def _found_products(engine: SearchEngine, typed: Typed, *, limit: int) -> object:
    """Search for suggested products, which the engine remembers until the next commit."""
    assert isinstance(engine, TantivyEngine)
    with engine._serving_snapshot() as snapshot:
        return found_products(snapshot, typed, limit=limit)


def compare_misspelt(application: Application, change: Callable[[], object], *, rounds: int) -> None:
    """Print the duration of misspelt queries beside the same ones, each right after a commit to the index."""

    def after_change(query: str) -> Call:
        path = f"/api/search/?{urlencode({'q': query})}"
        return lambda: application.get(path)

    calls = [
        {
            "change": change,
            "known": after_change(query),
            "change again": change,
            "misspelt": after_change(misspelt(query)),
        }
        for query in queries()
    ]
    costs = alternate(calls, rounds=rounds)
    (known, _), (wrong, _) = costs["known"].median(), costs["misspelt"].median()
    reached = "reached" if wrong <= 2 * known else "missed"
    ratio = f"x {wrong / known:.2f} (at most 2: {reached})"
    print(f"after a commit: known {known:.2f} ms, misspelt {wrong:.2f} ms, {ratio}")
