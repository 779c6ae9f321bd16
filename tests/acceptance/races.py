"""What the tests of `test_checkout_races` share: what was created in the shop, its processes, and what is stored."""

import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.acceptance.shoppers import Buyer
from tests.backend.payments.gateways.stripe_server import StripeServer
from tests.integration.test_web_workers import serving, worker_of
from tests.services.shop import ROOT, Shop
from tests.services.waiting import wait_until

WORKERS = ["web", "web-2"]
KILLS = 3
PROGRAM = str(Path(__file__).with_name("race_shop.py"))

Inspect = Callable[[], dict[str, Any]]


@dataclass(frozen=True)
class Gateway:
    """The stand-in for Stripe, and the process through which the shop reaches it."""

    stripe: StripeServer
    url: str
    pid: int


@dataclass(frozen=True)
class Made:
    """What was created for the races: variants and products by SKU, access tokens, and guests' cart tokens."""

    variants: dict[str, dict[str, int]]
    customers: list[str]
    guests: list[str]
    seller: str
    other_seller: str
    staff: str

    def variant(self, sku: str) -> int:
        return self.variants[sku]["variant"]


@contextmanager
def running(shop: Shop, command: str) -> Iterator[None]:
    """Run a command of the program that doesn't end by itself for the duration of the block."""
    process = subprocess.Popen([sys.executable, PROGRAM, command], cwd=ROOT, env=shop.environ)
    try:
        yield
        assert process.poll() is None
    finally:
        process.terminate()
        process.wait()


def kill_web_processes(shop: Shop, *, stop: threading.Event) -> int:
    """Kill one web process after the other, as long as the others serve; return how many."""
    chance, killed = random.Random(7), 0
    while killed < KILLS and not stop.wait(0.5):
        if serving(shop) == WORKERS and (worker := worker_of(shop.pid(chance.choice(WORKERS)))):
            os.kill(worker, signal.SIGKILL)
            killed += 1
    return killed


def settled(inspect: Inspect) -> dict[str, Any]:
    """Return what is stored once nothing is pending any more; check that all counters are right."""
    found: list[dict[str, Any]] = []

    def waiting() -> dict[str, Any]:
        return {
            "pending": [order["number"] for order in found[-1]["orders"] if order["status"] == "PENDING"],
            **{name: found[-1][name] for name in ("open_requests", "unsettled_events")},
        }

    def is_settled() -> bool:
        found.append(inspect())
        return not any(waiting().values()) and len(found) > 1 and found[-1] == found[-2]

    try:
        # The lease of a request whose process was killed takes a minute.
        wait_until(is_settled, what="all payments are settled", seconds=180, interval_seconds=0.5)
    except AssertionError as late:
        late.add_note(f"{waiting()}, {len(found)} inspections")
        raise
    assert found[-1]["differences"] == []
    return found[-1]


def bought(shop: Shop, variant: int, payment: Mapping[str, Any], *, number: int = 0) -> Buyer:
    """Return a guest who has ordered a unit."""
    buyer = Buyer(shop, number, {})
    buyer.add(variant)
    buyer.order(payment, key="bought")
    assert buyer.has_ordered, buyer.responses
    return buyer


def order_of(buyer: Buyer, found: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is stored about the buyer's order."""
    (order,) = [each for each in found["orders"] if each["number"] == buyer.placed["order_number"]]
    return dict(order)


def kept(order: Mapping[str, Any]) -> int:
    """Return the cents that were captured and not refunded, according to the shop."""
    return cents(order["captured"]) - cents(order["refunded"])


def cents(amount: str) -> int:
    return int(Decimal(amount) * 100)
