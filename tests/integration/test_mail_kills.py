"""The worker is killed at each step of sending: no message is sent twice, and none is lost without a record."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services import RUN
from tests.services.postgresql import fresh_database
from tests.services.schema import migrate
from tests.services.shop import ROOT, Shop
from tests.services.smtp import Break, MailServer, mail_server

pytestmark = [pytest.mark.slow, pytest.mark.stores, pytest.mark.once]

MAKE_A_DUE_DELIVERY = """
import django
django.setup()
from datetime import timedelta
from django.utils import timezone
from backend.inventory.models import StockAlert
from backend.notifications.kinds import StockAlertKind
from backend.notifications.models import Delivery
from backend.notifications.services import collect
from tests.backend import shop
variant = shop.variant(stock=0, sold_by=shop.seller(email="ann@shop.example"))
alert = StockAlert.objects.create(variant=variant, level="OUT", previous_level="LOW", available=0, threshold=5,
                                  created_at=timezone.now())
collect(StockAlertKind(), [alert.pk], now=timezone.now() - timedelta(minutes=2))
assert Delivery.objects.count() == 1
"""

SEND = """
import sys
import django
django.setup()
from datetime import timedelta
from django.utils import timezone
from backend.notifications.models import Delivery
from backend.notifications.sending import send_due
for minutes in map(int, sys.argv[1:]):
    send_due(clock=lambda: timezone.now() + timedelta(minutes=minutes))
    print(*Delivery.objects.values_list("state", flat=True))
"""

BE_KILLED_BEFORE_THE_OUTCOME_IS_STORED = """
import os, signal
from backend.notifications import sending
sending._finish = lambda *arguments, **options: os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


@pytest.fixture
def shop(tmp_path: Path, server: MailServer) -> Shop:
    environ = {
        "NOTIFICATIONS_OFF": "inbox",
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": str(server.port),
        "PYTHONPATH": str(ROOT),
    }
    if RUN.database_url:
        name = f"mail_{tmp_path.name}_{os.getpid()}".replace("-", "_").lower()[:60]
        environ["DATABASE_URL"] = fresh_database(RUN.database_url, name=name)
    shop = Shop(tmp_path / "home", environ=environ)
    migrate(shop)
    return shop


def states_after_other_runs(shop: Shop, *minutes: int) -> list[str]:
    """Send what is due after each of these numbers of minutes; return the states after each run."""
    lines = shop.python("-c", SEND, *map(str, minutes)).splitlines()
    return [line for line in lines if line.isupper()]


@pytest.mark.parametrize(
    ("step", "state", "accepted"),
    [
        ("CONNECT", "SENT", 1),
        ("EHLO", "SENT", 1),
        ("MAIL", "POSSIBLY_SENT", 0),
        ("RCPT", "POSSIBLY_SENT", 0),
        ("DATA", "POSSIBLY_SENT", 0),
        ("MESSAGE", "POSSIBLY_SENT", 0),
        ("ACCEPTED", "POSSIBLY_SENT", 1),
    ],
)
def test_a_worker_that_is_killed_while_it_sends(
    shop: Shop, server: MailServer, step: str, state: str, accepted: int
) -> None:
    server.reset(**{step: Break.HANG})
    work = MAKE_A_DUE_DELIVERY + SEND
    worker = subprocess.Popen([sys.executable, "-c", work, "0"], cwd=ROOT, env=shop.environ)
    server.wait_for(step)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    server.rules.clear()
    server.release()

    assert states_after_other_runs(shop, 3, 60) == [state, state]
    assert len(server.accepted) == accepted


def test_a_worker_that_is_killed_after_the_server_confirmed(shop: Shop, server: MailServer) -> None:
    work = MAKE_A_DUE_DELIVERY + BE_KILLED_BEFORE_THE_OUTCOME_IS_STORED + SEND
    killed = subprocess.run([sys.executable, "-c", work, "0"], cwd=ROOT, env=shop.environ, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert states_after_other_runs(shop, 3) == ["POSSIBLY_SENT"]
    assert len(server.accepted) == 1
