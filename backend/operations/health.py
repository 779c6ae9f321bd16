"""Checks whether the shop's dependencies work.

The composition root registers a check for each dependency, because apps don't know each other.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass

import structlog
from django.db import connection

Check = Callable[[], Mapping[str, object]]
TIMEOUT_SECONDS = 2.0
FRESH_SECONDS = 1.0

logger = structlog.get_logger(__name__)


class Unhealthy(Exception):
    """A dependency doesn't work; the message says why, and `remedy` what an operator can do."""

    def __init__(self, reason: str, remedy: str = "") -> None:
        """Store the reason as the message, and the remedy."""
        super().__init__(reason)
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Probe:
    """The result of a check: `latency_ms` is its duration; `facts` are reported values, such as a lag."""

    name: str
    healthy: bool
    required: bool
    latency_ms: float
    facts: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Registered:
    check: Check
    required: bool


@dataclass(frozen=True, slots=True)
class _Run:
    """The results of one run of the checks, and its time."""

    checks: Mapping[str, _Registered]
    probes: list[Probe]
    made_at: float


_checks: dict[str, _Registered] = {}
# A check that hangs is not started again, because it would occupy the threads of the other checks.
_running: dict[tuple[str, _Registered], Future[Probe]] = {}
_pool = ThreadPoolExecutor(max_workers=16, thread_name_prefix="health")
_lock = threading.Lock()
_last = _Run({}, [], made_at=0.0)
_unhealthy: set[str] = set()


def register(name: str, check: Check, *, required: bool) -> None:
    """Register the check of the dependency `name`; if a `required` dependency fails, the shop is unavailable.

    The check returns facts, or raises an exception if the dependency doesn't work.
    """
    _checks[name] = _Registered(check, required)


def probe_all() -> list[Probe]:
    """Return a probe of every dependency in the order of registration, within TIMEOUT_SECONDS.

    Only one request at a time runs the checks, at most once every FRESH_SECONDS; other requests get the
    results of the last run.
    """
    global _last  # noqa: PLW0603 - the result that all requests share
    found = _last
    known = found.checks == _checks
    if known and time.monotonic() - found.made_at <= FRESH_SECONDS:
        return found.probes
    if not _lock.acquire(blocking=not known):
        return found.probes
    try:
        _last = _Run(dict(_checks), _probe_all(), made_at=time.monotonic())
        return _last.probes
    finally:
        _lock.release()


def state_of(probes: Iterable[Probe]) -> str:
    """Return `unavailable` if a required dependency fails, `degraded` if another does, otherwise `ready`."""
    failed = [probe for probe in probes if not probe.healthy]
    if any(probe.required for probe in failed):
        return "unavailable"
    return "degraded" if failed else "ready"


def _probe_all() -> list[Probe]:
    running = [(name, _begin(name, registered)) for name, registered in _checks.items()]
    deadline = time.monotonic() + TIMEOUT_SECONDS
    probes = []
    for name, future in running:
        try:
            probes.append(future.result(timeout=max(0.0, deadline - time.monotonic())))
        except FutureTimeout:
            probes.append(_late(name))
    for probe in probes:
        _log_change(probe)
    return probes


def _begin(name: str, registered: _Registered) -> Future[Probe]:
    running = _running.get((name, registered))
    if running is None or running.done():
        running = _running[name, registered] = _pool.submit(_probe, name, registered)
    return running


def _late(name: str) -> Probe:
    return Probe(
        name=name,
        healthy=False,
        required=_checks[name].required,
        latency_ms=TIMEOUT_SECONDS * 1_000,
        facts={"error": "no response in time"},
    )


def _probe(name: str, registered: _Registered) -> Probe:
    begun = time.perf_counter()
    try:
        facts, healthy = registered.check(), True
    except Exception as error:  # noqa: BLE001 - a probe reports any failure
        facts, healthy = _failure(error), False
    finally:
        connection.close()
    latency = round((time.perf_counter() - begun) * 1_000, 2)
    return Probe(name, healthy, registered.required, latency, facts)


def _failure(error: Exception) -> dict[str, object]:
    facts: dict[str, object] = {"error": f"{type(error).__name__}: {error}"[:300]}
    for name in ("code", "remedy"):
        if isinstance(value := getattr(error, name, None), str) and value:
            facts[name] = value
    return {**facts, **getattr(error, "facts", {})}


def _log_change(probe: Probe) -> None:
    """Log when a dependency starts to fail, and when it works again."""
    if not probe.healthy and probe.name not in _unhealthy:
        _unhealthy.add(probe.name)
        logger.warning("dependency_unhealthy", dependency=probe.name, **probe.facts)
    elif probe.healthy and probe.name in _unhealthy:
        _unhealthy.discard(probe.name)
        logger.info("dependency_healthy", dependency=probe.name)


def database() -> Mapping[str, object]:
    """Check that the database executes a query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    return {"engine": connection.vendor}
