"""The process that sends is killed: every event arrives, in order, and what is repeated has the same id."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.backend.webhooks.receiver import OK, Receiver, receiver
from tests.services import RUN
from tests.services.postgresql import fresh_database
from tests.services.schema import migrate
from tests.services.shop import ROOT, Shop

pytestmark = [pytest.mark.slow, pytest.mark.stores, pytest.mark.once]

REACHED_SECONDS = 120.0

QUEUE = """
import sys
import django
django.setup()
from django.utils import timezone
from tests.backend.webhooks.conftest import endpoint, event
endpoint(sys.argv[1], types=["order.placed"])
for number in range(3):
    event(number, at=timezone.now())
"""

SEND = """
import django
django.setup()
import json, sys
from datetime import timedelta
from django.utils import timezone
from backend.webhooks.addresses import AddressPolicy
from backend.webhooks.client import Client
from backend.webhooks.models import WebhookDelivery
from backend.webhooks.sending import Sender, recover
from backend.webhooks.workers import Workers
clock = lambda: timezone.now() + timedelta(minutes=int(sys.argv[1]))
recover(now=clock())
workers = Workers(Sender(clock, Client(policy=AddressPolicy.from_settings()), threads=4))
workers.start()
workers.join()
print(json.dumps(list(WebhookDelivery.objects.order_by("event").values_list("state", flat=True))))
"""

BE_KILLED_BEFORE_THE_OUTCOME_IS_STORED = """
import os, signal
import django
django.setup()
from backend.webhooks import sending
sending.Sender._finish = lambda *arguments, **options: os.kill(os.getpid(), signal.SIGKILL)
"""


def made(tmp_path: Path, running: Receiver) -> Shop:
    """Return a shop with three events of one object for the receiver."""
    environ = {
        "WEBHOOK_HTTP": "1",
        "WEBHOOK_NETWORKS": "127.0.0.0/8",
        "WEBHOOK_PORTS": "1024-65535",
        "PYTHONPATH": str(ROOT),
    }
    if RUN.database_url:
        name = f"webhook_{tmp_path.name}_{os.getpid()}".replace("-", "_").lower()[:60]
        environ["DATABASE_URL"] = fresh_database(RUN.database_url, name=name)
    shop = Shop(tmp_path / "home", environ=environ)
    migrate(shop)
    shop.python("-c", QUEUE, f"http://127.0.0.1:{running.port}/hook")
    return shop


def after_another_run(shop: Shop) -> list[str]:
    """Send what is due two minutes later, and return the states."""
    states: list[str] = json.loads(shop.python("-c", SEND, "2").splitlines()[-1])
    return states


def received(running: Receiver) -> list[tuple[int, str]]:
    """Return the number and the id of each event that arrived."""
    bodies = [json.loads(running.body(index)) for index in range(len(running.requests))]
    return [(body["data"]["number"], body["id"]) for body in bodies]


def test_a_sender_that_is_killed_while_it_waits_for_the_response(tmp_path: Path) -> None:
    arrived = threading.Event()

    def hang(connection: socket.socket) -> None:
        arrived.set()
        connection.recv(1)

    with receiver(hang, OK) as running:
        shop = made(tmp_path, running)
        sender = subprocess.Popen([sys.executable, "-c", SEND, "0"], cwd=ROOT, env=shop.environ)
        assert arrived.wait(REACHED_SECONDS)
        sender.send_signal(signal.SIGKILL)
        sender.wait()

        assert after_another_run(shop) == ["DELIVERED"] * 3
        first, *others = received(running)
    assert [number for number, _ in others] == [0, 1, 2]
    assert first == others[0]


def test_a_sender_that_is_killed_after_the_receiver_acknowledged(tmp_path: Path) -> None:
    with receiver(OK) as running:
        shop = made(tmp_path, running)
        work = BE_KILLED_BEFORE_THE_OUTCOME_IS_STORED + SEND
        killed = subprocess.run([sys.executable, "-c", work, "0"], cwd=ROOT, env=shop.environ, check=False)
        assert killed.returncode == -signal.SIGKILL

        assert after_another_run(shop) == ["DELIVERED"] * 3
        first, *others = received(running)
    assert [number for number, _ in others] == [0, 1, 2]
    assert first == others[0]
