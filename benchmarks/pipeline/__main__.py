"""Ratios of the event pipeline to simple baselines: `python -m benchmarks.pipeline` (`make bench-pipeline`).

Everything runs on this machine in a temporary home. Compare ratios, because seconds depend on the machine.

Intake. The null view has the same server and middleware, reads no body and writes nothing. The other baseline
has one DRF serializer for each event type and appends to the same Redis. A response of 202 means that the
batch is on disk, so a request takes at least as long as the null view and a synced append together. "At most"
is the ratio of an intake that costs nothing beyond these two. On two cores under other load it was, for 100
events, 0.69 of the null view and 5.5 times the serializers; the intake reached 0.38 and 3.0. Ten times the
serializers' rate is therefore impossible for 100 events, as long as events are on disk when they are
accepted. For 500 events, where the serializers dominate the cost, the bound is 14.

Storing. The baseline inserts prepared columns. The consumer first reads the stream, decodes and hashes each
event and makes the columns, and then inserts them with a faster encoding of UUIDs. It reached 0.46 to
0.69 of the baseline by wall time on two cores under other load, and 0.41 by its own CPU time: 5.8 µs a row
beside 2.4. Of these, about 0.6 are for decoding, 0.9 for hashing, 1.6 for inserting, and the rest for the
columns. Preparing the next block in a thread while the warehouse stores one was slower on two cores (17 µs a
row instead of 13): the threads compete for the interpreter, and the warehouse uses the other core.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from analytics_pipeline import embedded
from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.stream import Stream
from benchmarks.pipeline import intake, storing

# No throttling, and otherwise the settings of a new shop.
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
            environ = _ENVIRON | {"VITRINE_HOME": folder}
            stream = Stream(settings, key="benchmark:append")
            _print_intake(intake.measure(rounds=options.rounds, environ=environ, stream=stream))
            stream.close()
            _print_storing(storing.measure(settings, rows=options.rows, rounds=5))
    return 0


def _print_intake(found: dict[int, dict[str, intake.RequestCost]]) -> None:
    print("POST /api/events/: rate compared with a null Django view and with an intake of DRF serializers")
    print("events  median ms  CPU ms  append ms  x null (CPU)  at most   x serializers (CPU)  at most")
    for size, measured in found.items():
        ours, null, theirs = measured["ours"], measured["null"], measured["serializers"]
        # No intake with this server and middleware can be faster than the null view and an append.
        append = measured["append"].median
        least = null.median + append
        print(
            f"{size:6}  {ours.median * 1e3:9.2f}  {ours.cpu * 1e3:6.2f}  {append * 1e3:9.2f}"
            f"  {null.median / ours.median:6.2f} ({null.cpu / ours.cpu:.2f})  {null.median / least:7.2f}"
            f"  {theirs.median / ours.median:14.2f} ({theirs.cpu / ours.cpu:.2f})"
            f"  {theirs.median / least:7.2f}"
        )


def _print_storing(found: dict[int, storing.StoringCost]) -> None:
    print("stream → warehouse: rate compared with inserting the same rows with clickhouse-connect")
    print("events an entry  rows/s  x clickhouse-connect (own CPU)")
    for size, one in found.items():
        ratio, cpu = one.plain / one.ours, one.plain_cpu / one.ours_cpu
        print(f"{size:15}  {one.rows / one.ours:6.0f}  {ratio:6.2f} ({cpu:.2f})")


if __name__ == "__main__":
    sys.exit(main())
