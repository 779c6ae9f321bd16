"""A process that performs a payment request is killed: the money moves once, and its outcome is recorded."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.backend.payments.gateways.stripe_server import SECRET_KEY, StripeServer
from tests.services import RUN
from tests.services.postgresql import fresh_database
from tests.services.schema import migrate
from tests.services.shop import ROOT, Shop
from tests.services.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.stores]

SET_UP = f"""
import json, os, signal, sys, threading
from datetime import timedelta
from decimal import Decimal
import django
django.setup()
from django.db import transaction
from django.utils import timezone
from backend.audit.actors import Actor
from backend.payments import gateways, performing, recording, services
from backend.payments.gateways.protocol import Report
from backend.payments.gateways.stripe import StripeGateway, StripeKeys
from backend.payments.models import EventKind, Payment, PaymentRequest
performing.LEASE = timedelta(seconds=1)
keys = StripeKeys(secret="{SECRET_KEY}", publishable="", webhook_secret="")
gateway = StripeGateway(keys, url=sys.argv[1])
gateways.replace("stripe", gateway)
"""

PERFORM_ALL = """
# The sweep, until nothing is left to do.
while PaymentRequest.objects.filter(state="PENDING").exists():
    for request_id in performing.due(now=timezone.now(), limit=10):
        performing.perform(request_id, clock=timezone.now)
    threading.Event().wait(0.05)
"""

PAY = """
new = services.new_payment(order_number="A-1", gateway="stripe", amount=Decimal("100.00"), currency="USD",
                           expires_at=None, now=timezone.now())
with transaction.atomic():
    new.save()
"""

REFUND = """
payment = Payment.objects.get()
captured = Report(kind=EventKind.CAPTURED, amount=payment.amount, currency="USD",
                  reference=payment.gateway_reference, occurred_at=timezone.now())
with transaction.atomic():
    recording.record_reports(recording.locked_payment(payment.pk), [captured], now=timezone.now())
    services.refund(payment.pk, amount=Decimal("30.00"), by=Actor.system("test"), now=timezone.now())
"""

# Where a process kills itself, by name.
KILLED = {
    "before the call": """
def killed(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
performing.call = killed
""",
    "after the call": """
inner = performing.call
def killed(*arguments):
    inner(*arguments)
    os.kill(os.getpid(), signal.SIGKILL)
performing.call = killed
""",
    "while the outcome is recorded": """
def killed(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
recording.publish_many = killed
""",
}

SHOW = """
payment = Payment.objects.get()
print(json.dumps({
    "captured": int(payment.captured),
    "refunded": int(payment.refunded),
    "reference": payment.gateway_reference,
    "states": list(payment.requests.order_by("id").values_list("state", flat=True)),
    "events": list(payment.events.order_by("id").values_list("kind", flat=True)),
}))
"""


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    stripe = dict.fromkeys(("STRIPE_SECRET_KEY", "STRIPE_PUBLISHABLE_KEY", "STRIPE_WEBHOOK_SECRET"), "x")
    environ = {"PAYMENT_GATEWAYS": "stripe", **stripe}
    if RUN.database_url:
        name = f"payments_{tmp_path.name}_{os.getpid()}".replace("-", "_").lower()[:60]
        environ["DATABASE_URL"] = fresh_database(RUN.database_url, name=name)
    shop = Shop(tmp_path / "home", environ=environ)
    migrate(shop)
    return shop


@pytest.fixture
def stripe() -> Iterator[StripeServer]:
    server = StripeServer()
    with server.running():
        yield server


def start(shop: Shop, stripe: StripeServer, *parts: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", SET_UP + "".join(parts), stripe.url]
    return subprocess.Popen(command, cwd=ROOT, env=shop.environ, stdout=subprocess.PIPE)


def run(shop: Shop, stripe: StripeServer, *parts: str) -> tuple[int, str]:
    process = start(shop, stripe, *parts)
    output, _ = process.communicate(timeout=120)
    return process.returncode, output.decode()


@pytest.mark.parametrize("moment", [*KILLED, "during the call"])
def test_a_killed_process_neither_charges_nor_refunds_twice(
    moment: str, shop: Shop, stripe: StripeServer
) -> None:
    for work in (PAY, REFUND):
        if moment == "during the call":
            stripe.fault = "hang"
            stripe.performed.clear()
            process = start(shop, stripe, work, PERFORM_ALL)
            wait_until(stripe.performed.is_set, what="the gateway has performed the request")
            process.kill()
            process.communicate()
        else:
            code, _ = run(shop, stripe, work, KILLED[moment], PERFORM_ALL)
            assert code == -9
        code, shown = run(shop, stripe, PERFORM_ALL, SHOW)
        assert code == 0
        if work == PAY:
            (intent_id,) = stripe.intents
            stripe.confirm(intent_id)

    assert json.loads(shown) == {
        "captured": 100,
        "refunded": 30,
        "reference": intent_id,
        "states": ["SUCCEEDED", "SUCCEEDED"],
        "events": ["ACTION_REQUIRED", "CAPTURED", "REFUNDED"],
    }
    assert (len(stripe.intents), len(stripe.refunds)) == (1, 1)
