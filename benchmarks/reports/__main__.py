"""Compare reports with the same questions asked of the events: `make bench-reports`.

Generated visits are stored in a temporary warehouse, and rollups are built. Each report and its question in
SQL run in turns, so that other load affects both. Compare ratios of the fastest runs, because seconds depend
on the machine; on a busy one, compare the medians of the warehouse's own CPU time. Ratios grow with the
number of events, because ClickHouse's analysis of a report always takes the same time.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from analytics_pipeline import embedded, migrate, reports
from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.warehouse import Warehouse
from benchmarks.processor_time import TICK, own_cpu_seconds
from benchmarks.reports.filling import fill
from benchmarks.reports.questions import QUESTIONS, Question


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the ratios; return 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="vitrine-bench-") as folder:
        settings = PipelineSettings(home=Path(folder))
        with embedded.ensure(settings, embedded.WAREHOUSE):
            warehouse = Warehouse(settings)
            migrate.migrate(warehouse)
            fill(warehouse, events=options.events)
            _print(
                f"{'report':<16} {'ms':>8} {'events ms':>10} {'ratio':>7} {'goal':>7} {'':<8}"
                f"{'CPU ms':>8} {'events CPU':>11} {'ratio':>7}"
            )
            pid = embedded.endpoint(embedded.WAREHOUSE, home=settings.home).pid
            for question in QUESTIONS:
                measure(warehouse, question, rounds=options.rounds, pid=pid)
            warehouse.close()
    return 0


def measure(warehouse: Warehouse, question: Question, *, rounds: int, pid: int | None = None) -> None:
    """Print the times of a report and of its question to the events, and whether the goal is reached.

    `pid` is the warehouse's process; without it, its processor time isn't known and printed as 0.
    """
    report, events = Cost(), Cost()
    for _ in range(rounds):
        report.add(lambda: reports.execute(warehouse, question.report, question.parameters), pid=pid)
        events.add(lambda: warehouse.rows(question.sql), pid=pid)
    ratio = min(events.seconds) / min(report.seconds)
    verdict = "reached" if ratio >= question.goal else "missed"
    own, of_events = statistics.median(report.cpu_seconds), statistics.median(events.cpu_seconds)
    _print(
        f"{question.report:<16} {min(report.seconds) * 1e3:8.1f} {min(events.seconds) * 1e3:10.1f} "
        f"{ratio:7.2f} {question.goal:7.2f} {verdict:<8}"
        f"{own * 1e3:8.0f} {of_events * 1e3:11.0f} {of_events / max(own, TICK):7.2f}"
    )


@dataclass
class Cost:
    """Seconds of each run, and those of the warehouse's processor time."""

    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)

    def add(self, work: Callable[[], object], *, pid: int | None) -> None:
        """Measure one run; `pid` is the process of the warehouse."""
        cpu, begun = _cpu_seconds(pid), time.perf_counter()
        work()
        self.seconds.append(time.perf_counter() - begun)
        self.cpu_seconds.append(_cpu_seconds(pid) - cpu)


def _cpu_seconds(pid: int | None) -> float:
    return 0 if pid is None else own_cpu_seconds(pid)


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
