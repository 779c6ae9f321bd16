"""CPU time of the processes of a served shop: `python -m benchmarks.idle [--seconds 30] [--pid PID …]`.

The shop in VITRINE_HOME must have been served (`make demo`) for a minute, without requests. `--pid` adds a
process that the supervisor didn't start, such as a PostgreSQL server, with its children. Linux only.
"""

import argparse
import time
from collections.abc import Sequence

from analytics_pipeline.settings import PipelineSettings
from benchmarks.processor_time import PROC, children, cpu_seconds, own_cpu_seconds

NAMES = ("valkey", "chdb_server", "granian", "serve_metrics", "relay", "ingest_events", "worker", "beat")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--pid", type=int, action="append", default=[])
    options = parser.parse_args(arguments)
    supervisor = int((PipelineSettings.from_env().home / "run" / "supervisord.pid").read_text())
    names = {pid: _name(pid) for pid in (*children(supervisor), *options.pid)}
    begun = time.monotonic()
    before = {pid: cpu_seconds(pid) for pid in names} | {supervisor: own_cpu_seconds(supervisor)}
    time.sleep(options.seconds)
    after = {pid: cpu_seconds(pid) for pid in names} | {supervisor: own_cpu_seconds(supervisor)}
    elapsed = time.monotonic() - begun
    shares = {pid: (after[pid] - before[pid]) / elapsed for pid in before}
    for pid, share in shares.items():
        print(f"{names.get(pid, 'supervisor'):15} {share:7.2%}")
    print(f"{'all':15} {sum(shares.values()):7.2%} of a core")
    return 0


def _name(pid: int) -> str:
    command = (PROC / str(pid) / "cmdline").read_bytes().decode().replace("\0", " ")
    return next((name for name in NAMES if name in command), command.split("/")[-1].split(" ")[0])


if __name__ == "__main__":
    raise SystemExit(main())
