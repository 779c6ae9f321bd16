"""Pages of reports for eight analysts at once, beside the shop's pages: `make bench-report-pages`.

One web process serves a temporary shop, whose warehouse has generated visits. The time of the shop's product
page is measured alone, then while eight analysts request reports, each of them others, periods and breakdowns
than the others, and none twice, so that no result can be shared: with a pause of two seconds on average after
each report, in which a person looks at it ("reading"), and without pauses ("cold"). Then all request the same
ones in the same order without pauses ("warm"). The goals are for analysts who read; without pauses, the times
show what a report costs. Requests that are refused because the warehouse has no free slot (503) are counted,
and repeated after a pause. The processor time that the web process and the warehouse take for a report is
measured in a second pass, without pauses and requests of the shop's page.
"""

import argparse
import os
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import urllib3

from benchmarks.processor_time import cpu_seconds, own_cpu_seconds
from benchmarks.reports.filling import DAYS, FIRST_DAY

if TYPE_CHECKING:
    from benchmarks.web_process import WebProcess

ANALYSTS = 8
MOST_REPORT_SECONDS, MOST_SHOP_RATIO = 0.3, 1.2
_PAUSE_SECONDS = 0.1
_READING_SECONDS = 2.0
_SHOP_REQUESTS = 300
_REFUSED = 503
_REPORTS = (
    "/api/analytics/reports/funnel/?breakdown={part}&",
    "/api/analytics/reports/product/?product={number}&",
    "/api/analytics/sales/?group_by={length}&",
    "/api/analytics/reports/sessions/?breakdown={part}&",
    "/api/analytics/reports/sales/?group_by={length}&",
    "/api/analytics/reports/exposure_revenue/?breakdown=surface&",
)
_PARTS, _LENGTHS = ("none", "device", "source", "landing"), ("day", "week", "month")
_ENVIRON = {
    "DJANGO_SETTINGS_MODULE": "backend.config.settings",
    "VITRINE_ENV_FILE": "/dev/null",
    "VITRINE_PROCESS": "web",
    "THROTTLE_BROWSE": "1000000/second",
    "THROTTLE_USER": "1000000/second",
    "LOG_LEVEL": "CRITICAL",
}


@dataclass
class Times:
    """Seconds of the requests that were answered, and how many were refused."""

    seconds: list[float] = field(default_factory=list)
    refused: int = 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the times; return 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=5, help="requests of each report by each analyst")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="vitrine-bench-") as folder:
        os.environ.update(_ENVIRON | {"VITRINE_HOME": folder})
        _run(Path(folder), events=options.events, rounds=options.rounds)
    return 0


def _run(home: Path, *, events: int, rounds: int) -> None:
    import django  # noqa: PLC0415 - the environment must be set first

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    from analytics_pipeline import embedded, migrate  # noqa: PLC0415
    from analytics_pipeline.settings import PipelineSettings  # noqa: PLC0415
    from analytics_pipeline.warehouse import Warehouse  # noqa: PLC0415
    from benchmarks.reports.filling import fill  # noqa: PLC0415
    from benchmarks.web_process import web_process  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    settings = PipelineSettings(home=home)
    with embedded.ensure(settings, embedded.VALKEY, embedded.WAREHOUSE):
        warehouse = Warehouse(settings)
        migrate.migrate(warehouse)
        fill(warehouse, events=events)
        warehouse.close()
        pid = embedded.endpoint(embedded.WAREHOUSE, home=settings.home).pid
        assert pid, "the temporary shop's warehouse is a process of this machine"
        page, headers = _page(), {"Authorization": f"Bearer {_access_token()}"}
        with web_process({}) as served:
            _compare(served, pid, page=page, headers=headers, rounds=rounds)


def _compare(
    served: "WebProcess", warehouse: int, *, page: str, headers: Mapping[str, str], rounds: int
) -> None:
    _requested(served.url, _paths(ANALYSTS, rounds=1), headers=headers)
    idle, stopped = Times(), threading.Event()
    _shop(served.url, page, times=idle, stopped=stopped, most=_SHOP_REQUESTS)
    cold = [_paths(analyst, rounds=rounds) for analyst in range(ANALYSTS)]
    warm = [_paths(ANALYSTS + 1, rounds=rounds)] * ANALYSTS
    for name, asked, reading in (
        ("reading", cold, _READING_SECONDS),
        ("cold", cold, 0.0),
        ("warm", warm, 0.0),
    ):
        loaded, reports = _together(served.url, asked, page=page, headers=headers, reading=reading)
        cpu = [cpu_seconds(served.pid), own_cpu_seconds(warehouse)]
        # Without the shop's page, so that the processor time is that of the reports.
        _concurrently(served.url, [_later(paths) for paths in asked], headers=headers)
        used = [cpu_seconds(served.pid) - cpu[0], own_cpu_seconds(warehouse) - cpu[1]]
        _print(name, idle, loaded, reports, used=[each / sum(map(len, asked)) for each in used])


def _paths(analyst: int, *, rounds: int) -> list[str]:
    """Return the paths that an analyst requests, each with a period of the analyst's own.

    Analysts begin with different reports, so that they request different ones at any time.
    """
    paths = []
    for turn in range(rounds * len(_REPORTS)):
        path = _REPORTS[(turn + analyst) % len(_REPORTS)].format(
            number=77 + analyst,
            part=_PARTS[(turn + analyst) % len(_PARTS)],
            length=_LENGTHS[analyst % len(_LENGTHS)],
        )
        start = FIRST_DAY - timedelta(days=analyst + (ANALYSTS + 2) * turn)
        paths.append(f"{path}start_date={start}&end_date={FIRST_DAY + timedelta(days=DAYS - 1)}")
    return paths


def _later(paths: Sequence[str]) -> list[str]:
    """Return the same reports until a later day, which has no visits."""
    end = FIRST_DAY + timedelta(days=DAYS - 1)
    return [path.replace(f"end_date={end}", f"end_date={end + timedelta(days=1)}") for path in paths]


def _together(
    url: str, asked: Sequence[Sequence[str]], *, page: str, headers: Mapping[str, str], reading: float
) -> tuple[Times, list[Times]]:
    """Return the times of the shop's page and of each analyst's reports, requested at the same time.

    An analyst reads a report for `reading` seconds on average.
    """
    loaded, stopped = Times(), threading.Event()
    with ThreadPoolExecutor(1) as pool:
        shop = pool.submit(_shop, url, page, times=loaded, stopped=stopped, most=None)
        try:
            reports = _concurrently(url, asked, headers=headers, reading=reading)
        finally:
            stopped.set()
        shop.result()
    return loaded, reports


def _concurrently(
    url: str, asked: Sequence[Sequence[str]], *, headers: Mapping[str, str], reading: float = 0.0
) -> list[Times]:
    with ThreadPoolExecutor(len(asked)) as pool:
        return list(pool.map(lambda paths: _requested(url, paths, headers=headers, reading=reading), asked))


def _requested(url: str, paths: Sequence[str], *, headers: Mapping[str, str], reading: float = 0.0) -> Times:
    times, chance = Times(), random.Random(paths[0])
    with urllib3.connection_from_url(url, maxsize=1, retries=False, timeout=60.0) as pool:
        for path in paths:
            time.sleep(reading * chance.uniform(0.5, 1.5))
            begun = time.perf_counter()
            while (status := pool.request("GET", path, headers=headers).status) == _REFUSED:
                times.refused += 1
                time.sleep(_PAUSE_SECONDS)
            assert status == 200, (path, status)
            times.seconds.append(time.perf_counter() - begun)
    return times


def _shop(url: str, page: str, *, times: Times, stopped: threading.Event, most: int | None) -> None:
    with urllib3.connection_from_url(url, maxsize=1, retries=False, timeout=60.0) as pool:
        while not stopped.is_set() and (most is None or len(times.seconds) < most):
            begun = time.perf_counter()
            assert pool.request("GET", page).status == 200
            times.seconds.append(time.perf_counter() - begun)


def _page() -> str:
    from django.utils import timezone  # noqa: PLC0415

    from backend.catalog.models import Variant  # noqa: PLC0415
    from benchmarks.checkout.samples import make_variants  # noqa: PLC0415

    (variant,) = make_variants(1, now=timezone.now())
    return f"/api/products/{Variant.objects.values_list('product_id', flat=True).get(pk=variant)}/"


def _access_token() -> str:
    from django.utils import timezone  # noqa: PLC0415

    from backend.accounts.models import User, UserType  # noqa: PLC0415
    from backend.accounts.sessions import begin_session  # noqa: PLC0415

    user = User.objects.create(phone="+16502530000", is_staff=True, user_type=UserType.ADMIN)
    return begin_session(user, now=timezone.now()).access_token


def _print(name: str, idle: Times, loaded: Times, reports: Sequence[Times], *, used: Sequence[float]) -> None:
    seconds = sorted(second for analyst in reports for second in analyst.seconds)
    median, p95 = statistics.median(seconds), seconds[int(len(seconds) * 0.95)]
    before, during = statistics.median(idle.seconds), statistics.median(loaded.seconds)
    refused = sum(analyst.refused for analyst in reports)
    verdict = _verdict(p95, MOST_REPORT_SECONDS)
    print(
        f"{name}: {len(seconds)} reports by {ANALYSTS} analysts, p50 {median * 1e3:.0f} ms, "
        f"p95 {p95 * 1e3:.0f} ms (at most {MOST_REPORT_SECONDS * 1e3:.0f}: {verdict}), "
        f"{refused} requests refused and repeated"
    )
    print(f"  processor time a report: web {used[0] * 1e3:.0f} ms, warehouse {used[1] * 1e3:.0f} ms")
    print(
        f"  shop's page: p50 {before * 1e3:.1f} ms idle, {during * 1e3:.1f} ms with analysts, ratio "
        f"{during / before:.2f} (at most {MOST_SHOP_RATIO}: {_verdict(during / before, MOST_SHOP_RATIO)})"
    )


def _verdict(value: float, most: float) -> str:
    return "reached" if value <= most else "missed"


if __name__ == "__main__":
    sys.exit(main())
