"""Import a catalogue with this code and with an earlier commit: `python -m benchmarks.imports`.

Each round imports the same file twice into a new SQLite database, with each version in turn, so that other
load on the machine slows both. The search index and the warehouse are left out (`--no-wait`). Compare the
ratios.
"""

import argparse
import csv
import io
import json
import os
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
EARLIER = "5a372a3"
COLOURS = ("red", "green", "blue", "black", "white")
HEADER = ("sku", "product", "title", "description", "brand", "category", "price", "stock", "attr:Colour")
DESCRIPTION = "A lamp for the desk with a heavy foot, a long arm and a shade that turns. " * 6
PROGRAM = """
import io, json, resource, sys, time
import django
django.setup()
from django.core.management import call_command
from django.db import connection
if sys.argv[1] == "migrate":
    call_command("migrate", verbosity=0)
else:
    wall, cpu = time.perf_counter(), time.process_time()
    out = io.StringIO()
    call_command("import_catalog", sys.argv[2], format="csv", no_wait=True, stdout=out)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(json.dumps({"wall": wall, "cpu": cpu, "peak": peak}))
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a table of medians and the ratios; return 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--products", type=int, default=10_000, help="products with five variants each")
    parser.add_argument("--rounds", type=int, default=1, help="how often each version imports the file")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="vitrine-bench-") as folder:
        path, earlier = Path(folder, "catalogue.csv"), Path(folder, "earlier")
        _write(path, products=options.products)
        _check_out(EARLIER, earlier)
        runs: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for number in range(options.rounds):
            for name, root in ((EARLIER, earlier), ("this", ROOT)):
                home = Path(folder, f"{name}-{number}")
                _run(root, home, "migrate")
                for turn in ("first", "again"):
                    runs.setdefault((turn, name), []).append(_run(root, home, "import", str(path)))
        _report(runs, rows=options.products * len(COLOURS))
    return 0


def _write(path: Path, *, products: int) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(_rows(products))


def _rows(products: int) -> Iterator[tuple[object, ...]]:
    for number in range(products):
        shared = (f"P{number}", f"Lamp {number}", DESCRIPTION, f"Brand {number % 97}")
        category = f"Home > Lamps > Kind {number % 40}"
        for colour in COLOURS:
            price, stock = f"{5 + number % 200}.{number % 100:02d}", 1 + number % 50
            yield (f"P{number}-{colour}", *shared, category, price, stock, colour)


def _check_out(commit: str, folder: Path) -> None:
    command = [shutil.which("git") or "git", "archive", commit]
    archive = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tar:
        tar.extractall(folder, filter="data")


def _run(root: Path, home: Path, *arguments: str) -> dict[str, Any]:
    environ = {
        **{name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")},
        "DJANGO_SETTINGS_MODULE": "backend.config.settings",
        "VITRINE_ENV_FILE": "/dev/null",
        "VITRINE_HOME": str(home),
        "DEBUG": "1",
        "LOG_LEVEL": "WARNING",
    }
    home.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-c", PROGRAM, *arguments]
    done = subprocess.run(command, cwd=root, env=environ, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    lines = done.stdout.splitlines()
    return dict(json.loads(lines[-1])) if lines else {}


def _report(runs: dict[tuple[str, str], list[dict[str, Any]]], *, rows: int) -> None:
    print(f"{rows:,} rows; medians")
    print(f"{'import':8} {'version':10} {'wall s':>8} {'CPU s':>8} {'peak MB':>8}")
    median = {
        key: {what: statistics.median(run[what] for run in found) for what in ("wall", "cpu", "peak")}
        for key, found in runs.items()
    }
    for (turn, name), cost in median.items():
        print(f"{turn:8} {name:10} {cost['wall']:8.1f} {cost['cpu']:8.1f} {cost['peak']:8.0f}")
    for turn in ("first", "again"):
        before, now = median[turn, EARLIER], median[turn, "this"]
        print(
            f"{turn}: {before['wall'] / now['wall']:.2f} times as fast (CPU {before['cpu'] / now['cpu']:.2f})"
        )


if __name__ == "__main__":
    raise SystemExit(main())
