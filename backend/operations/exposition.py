"""Serves metrics and health details to operators, on a separate port that is not public."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from wsgiref.types import StartResponse, WSGIEnvironment

import orjson
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from backend.operations.health import Probe, probe_all, state_of
from backend.operations.web_processes import FOLDER


class HealthCollector(Collector):
    """Exports the health checks as gauges, for alerts."""

    def collect(self) -> Iterator[Metric]:
        """Run all checks; yield whether each passed, how long it took, and its numeric facts."""
        up = GaugeMetricFamily("vitrine_dependency_up", "1 if the check passes", labels=["dependency"])
        seconds = GaugeMetricFamily(
            "vitrine_dependency_check_seconds", "Time that the check took", labels=["dependency"]
        )
        facts = GaugeMetricFamily(
            "vitrine_dependency", "Numbers that checks report", labels=["dependency", "fact"]
        )
        for probe in probe_all():
            up.add_metric([probe.name], float(probe.healthy))
            seconds.add_metric([probe.name], probe.latency_ms / 1_000)
            for fact, value in probe.facts.items():
                if isinstance(value, int | float) and not isinstance(value, bool):
                    facts.add_metric([probe.name, fact], float(value))
        yield from (up, seconds, facts)

    def describe(self) -> Iterator[Metric]:
        """Yield nothing: registering a collector must not run the checks."""
        yield from ()


class WebProcessesCollector(MultiProcessCollector):
    """Sums the metrics of all web processes, each of which writes files of its own."""

    def collect(self) -> Iterator[Metric]:
        """Yield the sums. Files without content are left out.

        A process creates its file before it gives it a size, and may be killed in between.
        """
        folder = Path(os.environ[FOLDER])
        written = [str(file) for file in folder.glob("*.db") if file.stat().st_size]
        yield from self.merge(written)  # type: ignore[no-untyped-call]


def registry() -> CollectorRegistry:
    """Return the metrics of all web processes (or else of this process) and the health checks."""
    found = CollectorRegistry()
    if FOLDER in os.environ:
        WebProcessesCollector(found)  # type: ignore[no-untyped-call]
    else:
        found.register(REGISTRY)
    found.register(HealthCollector())
    return found


def details(probes: Iterable[Probe]) -> dict[str, object]:
    """Return all results of the checks, which may contain internal host names."""
    probes = list(probes)
    return {
        "state": state_of(probes),
        "dependencies": {
            probe.name: {
                "healthy": probe.healthy,
                "required": probe.required,
                "latency_ms": probe.latency_ms,
                **probe.facts,
            }
            for probe in probes
        },
    }


def pages(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
    """Serve `/metrics` and `/health` (a WSGI application)."""
    path = environ.get("PATH_INFO")
    if path == "/metrics":
        return _page(start_response, CONTENT_TYPE_LATEST, generate_latest(registry()))
    if path == "/health":
        found = details(probe_all())
        status = "503 Service Unavailable" if found["state"] == "unavailable" else "200 OK"
        return _page(start_response, "application/json", orjson.dumps(found) + b"\n", status=status)
    return _page(
        start_response, "text/plain", b"The paths are /metrics and /health.\n", status="404 Not Found"
    )


def _page(start_response: StartResponse, kind: str, body: bytes, *, status: str = "200 OK") -> list[bytes]:
    headers = [("Content-Type", kind), ("Content-Length", str(len(body)))]
    start_response(status, headers)
    return [body]
