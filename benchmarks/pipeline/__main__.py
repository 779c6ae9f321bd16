"""Ratios of the event pipeline to simple baselines: `python -m benchmarks.pipeline` (`make bench-pipeline`).

Everything runs on this machine in a home of its own; compare ratios, for seconds depend on the machine.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from analytics_pipeline import embedded
from analytics_pipeline.settings import PipelineSettings
from benchmarks.pipeline import intake, storing

# Nothing is throttled, and Django's settings are those of a fresh shop.
_ENVIRON = {
    "DJANGO_SETTINGS_MODULE": "benchmarks.pipeline.settings",
    "VITRINE_ENV_FILE": "/dev/null",
    "THROTTLE_EVENTS": "1000000/second",
    "LOG_LEVEL": "WARNING",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the ratios; return 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=25, help="rounds of 8 requests of each kind")
    parser.add_argument("--rows", type=int, default=100_000, help="events that go into the warehouse")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="vitrine-bench-") as folder:
        settings = PipelineSettings(home=Path(folder))
        with embedded.ensure(settings, embedded.VALKEY, embedded.WAREHOUSE):
            _print_intake(intake.measure(rounds=options.rounds, environ=_ENVIRON | {"VITRINE_HOME": folder}))
            _print_storing(storing.measure(settings, rows=options.rows, rounds=5))
    return 0


def _print_intake(found: dict[int, dict[str, intake.RequestCost]]) -> None:
    print("POST /api/events/: rate beside a null Django view, and beside an intake of DRF serializers")
    print("events  median ms  CPU ms  x null (CPU)   x serializers (CPU)")
    for size, measured in found.items():
        ours, null, theirs = measured["ours"], measured["null"], measured["serializers"]
        print(
            f"{size:6}  {ours.median * 1e3:9.2f}  {ours.cpu * 1e3:6.2f}"
            f"  {null.median / ours.median:6.2f} ({null.cpu / ours.cpu:.2f})"
            f"  {theirs.median / ours.median:10.2f} ({theirs.cpu / ours.cpu:.2f})"
        )


def _print_storing(found: dict[int, storing.StoringCost]) -> None:
    print("stream → warehouse: rate beside inserting the same rows with clickhouse-connect")
    print("events an entry  rows/s  x clickhouse-connect (own CPU)")
    for size, one in found.items():
        ratio, cpu = one.plain / one.ours, one.plain_cpu / one.ours_cpu
        print(f"{size:15}  {one.rows / one.ours:6.0f}  {ratio:6.2f} ({cpu:.2f})")


if __name__ == "__main__":
    sys.exit(main())
