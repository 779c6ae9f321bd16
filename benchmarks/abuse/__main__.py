"""What forged behaviour changes in recommendations: `python -m benchmarks.abuse` (`make bench-abuse`).

A generated shop gets events of guests who don't exist, through the endpoint of events, the stream and the
consumer. Then the models are trained, and the lists of everyone but the attackers are compared with those
before. The attack that lasts days calls intake with earlier times of arrival, without a request.
"""

import argparse
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from benchmarks.abuse.attacks import Attack, Sent
    from benchmarks.abuse.lists import Movement

_ENVIRON = {
    "DJANGO_SETTINGS_MODULE": "backend.config.settings",
    "VITRINE_ENV_FILE": "/dev/null",
    "DEBUG": "1",
    "LOG_LEVEL": "ERROR",
    "VITRINE_ML_THREADS": "2",
}
_DELETE = "DELETE FROM events WHERE shopper_key IN {keys:Array(UUID)}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what each attack changes; return 0, or 1 if one that isn't patient changed a list."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--products", type=int, default=1_000)
    parser.add_argument("--customers", type=int, default=1_500)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--young-weight", type=float, default=0.0, help="VITRINE_ML_YOUNG_WEIGHT")
    parser.add_argument("--honest", action="store_true", help="only measure the quality on honest behaviour")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="vitrine-bench-") as folder:
        os.environ.update(_ENVIRON, VITRINE_HOME=folder)
        import django  # noqa: PLC0415 - the environment must be set first

        django.setup()
        from analytics_pipeline import embedded  # noqa: PLC0415
        from analytics_pipeline.settings import PipelineSettings  # noqa: PLC0415

        settings = PipelineSettings(home=Path(folder))
        with embedded.ensure(settings, embedded.VALKEY, embedded.WAREHOUSE):
            return _measure(options)


def _measure(options: argparse.Namespace) -> int:
    from django.utils import timezone  # noqa: PLC0415 - after setup

    from backend.engines.warehouse import warehouse  # noqa: PLC0415
    from benchmarks.abuse import honest, lists  # noqa: PLC0415
    from benchmarks.abuse.attacks import attacks, batches  # noqa: PLC0415
    from ml.training_data import from_warehouse, interactions_of  # noqa: PLC0415
    from ml.trust import Limits  # noqa: PLC0415

    now = timezone.now()
    _populate(options, now=now)
    store = warehouse()
    as_of = now + timedelta(hours=1)
    honest.compare(*interactions_of(store, as_of=as_of))
    if options.honest:
        return 0
    limits = Limits(young_weight=options.young_weight)
    data = from_warehouse(store, as_of=as_of, limits=limits)
    before = lists.trained(data)
    ranked = Counter(data.log.items.tolist()).most_common()
    target, beside = ranked[-len(ranked) // 4][0], tuple(product for product, _ in ranked[:20])
    print(f"{len(data.log)} interactions; {dict(ranked)[target]} of them are with the target")
    changed = 0
    for attack in attacks(beside):
        sent = list(batches(attack, target=target, now=timezone.now()))
        statuses = _send(attack, sent)
        attackers = {str(one.guest) for one in sent}
        after = lists.trained(from_warehouse(store, as_of=as_of, limits=limits))
        found = lists.movements(before, after, target=target, attackers=attackers)
        _print(attack, statuses, found)
        changed += sum(one.changed for one in found.values() if not attack.is_patient)
        store.command(_DELETE, {"keys": sorted({one.guest for one in sent})})
    return 1 if changed else 0


def _populate(options: argparse.Namespace, *, now: "datetime") -> None:
    """Store a generated shop, with its events, order facts and products in the warehouse."""
    from django.core.management import call_command  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from analytics_pipeline.migrate import migrate  # noqa: PLC0415
    from analytics_pipeline.warehouse import microseconds  # noqa: PLC0415
    from backend.analytics import projections  # noqa: PLC0415
    from backend.analytics.facts import write_facts  # noqa: PLC0415
    from backend.catalog.models import Product  # noqa: PLC0415
    from backend.engines.warehouse import warehouse  # noqa: PLC0415
    from backend.orders.models import Movement  # noqa: PLC0415
    from demo.plan import Plan  # noqa: PLC0415
    from demo.populate import generate_history, load_events, store  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    plan = Plan(options.products, options.customers, options.days, seed=7, now=now)
    history = generate_history(plan)
    store(history)
    migrate(warehouse())
    load_events(history, warehouse=warehouse())
    write_facts(warehouse(), Movement.objects.all(), clock=timezone.now)
    ids = list(Product.objects.values_list("pk", flat=True))
    warehouse().insert("products", projections.products(ids, version=microseconds(timezone.now())))


def _send(attack: "Attack", sent: "Sequence[Sent]") -> Mapping[str, int]:
    """Send the batches, store them in the warehouse, and return how many requests had each outcome."""
    from django.core.management import call_command  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    client = Client(SERVER_NAME="localhost")
    post: Any = _in_the_past if attack.days else _over_http
    statuses = Counter(post(client, one) for one in sent)
    call_command("ingest_events", "--drain")
    return statuses


def _over_http(client: Any, one: "Sent") -> str:
    response = client.post(
        "/api/events/",
        one.body,
        content_type="application/json",
        headers={"X-Anonymous-Id": str(one.guest)},
        REMOTE_ADDR=one.address,
    )
    return str(response.status_code)


def _in_the_past(_: Any, one: "Sent") -> str:
    from backend.api.shoppers import Shopper  # noqa: PLC0415
    from backend.tracking.limits import Client  # noqa: PLC0415
    from backend.tracking.services import take  # noqa: PLC0415

    client = Client(address=one.address, counted_address=one.address)
    take(one.body, shopper=Shopper(key=one.guest), client=client, now=one.at)
    return "accepted"


def _print(attack: "Attack", statuses: Mapping[str, int], found: "Mapping[str, Movement]") -> None:
    outcomes = ", ".join(f"{count} × {name}" for name, count in sorted(statuses.items()))
    print(f"\n{attack.name}: {outcomes}")
    print("list                              lists  top 20 changed  with the target  of these new  best rank")
    for name, one in found.items():
        best = one.best or "-"
        print(f"{name:32}  {one.lists:5}  {one.changed:14}  {one.with_target:15}  {one.new:12}  {best:>9}")


if __name__ == "__main__":
    sys.exit(main())
