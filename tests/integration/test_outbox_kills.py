"""The outbox when processes are killed: no fact is lost, and a killed command doesn't stop pruning."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.backend.outbox.test_facts import is_in_order
from tests.services import RUN
from tests.services.postgresql import fresh_database
from tests.services.schema import migrate
from tests.services.shop import ROOT, Shop
from tests.services.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.stores]

KILLS = 5
STEPS_PER_ROUND = 80

PUBLISH = """
import sys
import django
django.setup()
from django.db import transaction
from backend.outbox.services import publish
from backend.outbox.topics import Topic
for number in range(int(sys.argv[1]), int(sys.argv[2])):
    with transaction.atomic():
        publish(Topic.ORDER_STEP, number)
    with transaction.atomic():
        publish(Topic.ORDER_STEP, "rolled back")
        transaction.set_rollback(True)
"""

# The lease is short, so that the next relay can take over soon.
DELIVER = """
import os, sys, threading
from datetime import timedelta
import django
django.setup()
from backend.outbox import runner
from backend.outbox.relay import Relay
from backend.outbox.subscribers import Start
from backend.outbox.topics import Topic
runner.LEASE, runner.RENEW_BELOW = timedelta(seconds=1), timedelta(seconds=0.5)
class Mailer:
    name, topics, start = "mailer", frozenset({Topic.ORDER_STEP}), Start.OLDEST
    quiet_seconds, batch_size = 60.0, 7
    def handle(self, notices):
        for notice in notices:
            os.write(file, f"{notice.key}\\n".encode())
file = os.open(sys.argv[1], os.O_CREAT | os.O_APPEND | os.O_WRONLY)
Relay(lambda: [Mailer()]).run(threading.Event())
"""

# The lease is short, so that the cursor can soon be closed.
BUILD_KILLED_BY_ITSELF = """
import os, signal
from datetime import timedelta
import django
django.setup()
from django.db import transaction
from django.utils import timezone
from backend.audit.actors import Actor
from backend.catalog.bulk import upsert_products
from backend.catalog.imported import ImportedProduct, ImportedVariant
from backend.engines.index import engine
from backend.accounts.imported import seller_of
from backend.outbox import runner
from backend.outbox.services import publish_many
from backend.outbox.topics import Topic
from backend.search.rebuilding import build
from decimal import Decimal
runner.LEASE, runner.RENEW_BELOW = timedelta(seconds=1), timedelta(seconds=0.5)
by = Actor.system("test")
products = [
    ImportedProduct(reference=str(n), title=f"Lamp {n}", category=("Home",), price=Decimal(1), currency="USD",
                    variants=(ImportedVariant(sku=f"L-{n}"),))
    for n in range(50)
]
upsert_products(products, source="test", seller_id=seller_of("test").pk, by=by, now=timezone.now())
def kill_itself(count):
    with transaction.atomic():
        publish_many(Topic.PRODUCT, range(1, 51))
    os.kill(os.getpid(), signal.SIGKILL)
build(engine(), by=by, clock=timezone.now, progress=kill_itself)
"""

RELAY = """
import threading
import django
django.setup()
from django.utils import timezone
from backend.catalog.subscribers import CategoryFanOut
from backend.engines.index import engine
from backend.outbox import relay
from backend.search.rebuilding import index_subscribers
relay.ABANDONED_SECONDS = 1.0
relay.Relay(lambda: [CategoryFanOut(), *index_subscribers(engine(), clock=timezone.now)]).run(threading.Event())
"""

PRUNE_THREE_DAYS_AHEAD = """
from datetime import timedelta
import django
django.setup()
from django.utils import timezone
from backend.outbox.services import prune
print(prune(now=timezone.now() + timedelta(days=3)))
"""


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    environ = {"OUTBOX_ABANDONED_HOURS": "0"}
    if RUN.database_url:
        name = f"kills_{tmp_path.name}_{os.getpid()}".replace("-", "_").lower()[:60]
        environ["DATABASE_URL"] = fresh_database(RUN.database_url, name=name)
    shop = Shop(tmp_path / "home", environ=environ)
    migrate(shop)
    return shop


Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start(shop: Shop) -> Iterator[Start]:
    """A function that starts a program; programs still running at the end are killed."""
    started: list[subprocess.Popen[bytes]] = []

    def start(program: str, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", program, *arguments]
        started.append(subprocess.Popen(command, cwd=ROOT, env=shop.environ))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_every_order_step_is_delivered_in_order_when_the_relay_is_killed(
    start: Start, tmp_path: Path
) -> None:
    path = tmp_path / "delivered"
    path.touch()

    def delivered() -> list[str]:
        # A kill can truncate a line; only complete lines count.
        return path.read_text().rpartition("\n")[0].splitlines()

    for number in range(KILLS):
        count = len(delivered())
        publisher = start(PUBLISH, str(number * STEPS_PER_ROUND), str((number + 1) * STEPS_PER_ROUND))
        process = start(DELIVER, str(path))
        wait_until(lambda: len(delivered()) > count, what="something is delivered")  # noqa: B023
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert publisher.wait(timeout=120) == 0
    steps = [str(number) for number in range(KILLS * STEPS_PER_ROUND)]
    start(DELIVER, str(path))
    wait_until(lambda: steps[-1] in delivered(), what="the last step is delivered")

    assert set(delivered()) == set(steps)
    assert is_in_order(delivered())


def cursors(shop: Shop) -> set[str]:
    """Return the names of all cursors."""
    return {line.split()[0] for line in shop.manage("outbox").splitlines()}


def test_a_killed_build_does_not_stop_pruning_and_the_next_build_removes_its_cursor(
    shop: Shop, start: Start
) -> None:
    shop.manage("rebuild_index")
    serving = cursors(shop)
    assert start(BUILD_KILLED_BY_ITSELF).wait(timeout=120) == -signal.SIGKILL
    (killed,) = cursors(shop) - serving

    start(RELAY)
    wait_until(lambda: f"{killed}  closed" in shop.manage("outbox"), what="the cursor is closed", seconds=180)
    pruned = PRUNE_THREE_DAYS_AHEAD
    wait_until(lambda: int(shop.python("-c", pruned)) > 0, what="messages are pruned", seconds=180)
    assert f"{killed}  overtaken" in shop.manage("outbox")

    shop.manage("rebuild_index")
    assert killed not in cursors(shop)
