"""Compare reports with the same questions asked of the events: `make bench-reports`.

Generated visits are stored in a temporary warehouse, and rollups are built. Each report and its question in
SQL run in turns, so that other load affects both. Compare ratios of the fastest runs, because seconds depend
on the machine. Ratios grow with the number of events, because ClickHouse's analysis of a report always takes
the same time.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from analytics_pipeline import embedded, migrate, reports
from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.warehouse import Warehouse
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
            _print(f"{'report':<14} {'ms':>8} {'events ms':>10} {'ratio':>7} {'goal':>7}")
            for question in QUESTIONS:
                measure(warehouse, question, rounds=options.rounds)
            warehouse.close()
    return 0


def measure(warehouse: Warehouse, question: Question, *, rounds: int) -> None:
    """Print the times of a report and of its question to the events, and whether the goal is reached."""
    report, events = [], []
    for _ in range(rounds):
        report.append(_timed(lambda: reports.execute(warehouse, question.report, question.parameters)))
        events.append(_timed(lambda: warehouse.rows(question.sql)))
    ratio = min(events) / min(report)
    verdict = "reached" if ratio >= question.goal else "missed"
    _print(
        f"{question.report:<14} {min(report) * 1e3:8.1f} {min(events) * 1e3:10.1f} "
        f"{ratio:7.2f} {question.goal:7.2f} {verdict}"
    )


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
