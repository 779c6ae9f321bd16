"""Whether the parts that this shop stands on answer.

Rooms do not know each other here either: the composition root registers a check for each dependency.
"""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass

from django.db import connection

Check = Callable[[], Mapping[str, object]]
TIMEOUT_SECONDS = 3.0


class Unhealthy(Exception):
    """The dependency does not do its work; says why."""


@dataclass(frozen=True, slots=True)
class Probe:
    """What a check found: `latency_ms` is the time it took, `facts` what it says of itself (lag, say)."""

    name: str
    healthy: bool
    required: bool
    latency_ms: float
    facts: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Registered:
    check: Check
    required: bool


_checks: dict[str, _Registered] = {}
# A check that hangs is not begun again beside itself: it would take the threads of those that answer.
_begun: dict[tuple[str, _Registered], Future[Probe]] = {}
_pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="health")


def register(name: str, check: Check, *, required: bool) -> None:
    """Ask `check` whether `name` is well; without a `required` dependency the shop is not ready.

    The check returns facts, or raises to say that the dependency is not well.
    """
    _checks[name] = _Registered(check, required)


def probe_all() -> list[Probe]:
    """Return a probe of every dependency, in the order of registration; none takes longer than 3 seconds."""
    running = [(name, _begin(name, registered)) for name, registered in _checks.items()]
    deadline = time.monotonic() + TIMEOUT_SECONDS
    probes = []
    for name, future in running:
        try:
            probes.append(future.result(timeout=max(0.0, deadline - time.monotonic())))
        except FutureTimeout:
            probes.append(_late(name))
    return probes


def _begin(name: str, registered: _Registered) -> Future[Probe]:
    begun = _begun.get((name, registered))
    if begun is None or begun.done():
        begun = _begun[name, registered] = _pool.submit(_probe, name, registered)
    return begun


def _late(name: str) -> Probe:
    return Probe(
        name=name,
        healthy=False,
        required=_checks[name].required,
        latency_ms=TIMEOUT_SECONDS * 1_000,
        facts={"error": "no answer in time"},
    )


def _probe(name: str, registered: _Registered) -> Probe:
    begun = time.perf_counter()
    try:
        facts, healthy = registered.check(), True
    except Exception as error:  # noqa: BLE001 - a probe reports whatever is wrong
        facts, healthy = {"error": f"{type(error).__name__}: {error}"[:300]}, False
    finally:
        connection.close()
    latency = round((time.perf_counter() - begun) * 1_000, 2)
    return Probe(name, healthy, registered.required, latency, facts)


def database() -> Mapping[str, object]:
    """Ask the database for a row."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    return {"engine": connection.vendor}
