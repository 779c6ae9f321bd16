"""Many shoppers want few units while web processes are killed, orders expire and payments arrive.

The expected values are computed from what the shoppers were told and what is stored, without code of the shop.
"""

import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import urllib3

from tests.integration.test_web_workers import serving, worker_of
from tests.journeys.conftest import UNLIMITED
from tests.services import RUN
from tests.services.schema import migrate
from tests.services.shop import ROOT, Shop
from tests.services.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.stores]

UNITS = 50
CUSTOMERS, GUESTS = 60, 140
# SQLite has one writer at a time, so more clients would only wait for it.
CLIENTS = 16 if RUN.database_url else 4
REPETITIONS = 50
UNAVAILABLE = 503
WORKERS = ["web", "web-2"]
KILLS = 3
PROGRAM = str(Path(__file__).with_name("race_shop.py"))
ADDRESS = {
    "street": "123 Main St",
    "city": "New York",
    "state": "NY",
    "postal_code": "10001",
    "country": "USA",
}
# Customers pay in cash or by the test gateway, which declines some, and reports some twice or too early.
PAYMENTS: tuple[dict[str, Any], ...] = (
    {"payment_method": "COD"},
    {"payment_method": "TEST", "payment_options": {"scenario": "approve"}},
    {"payment_method": "TEST", "payment_options": {"scenario": "decline"}},
    {"payment_method": "TEST", "payment_options": {"scenario": "duplicate"}},
    {"payment_method": "TEST", "payment_options": {"scenario": "early"}},
)


@dataclass
class Buyer:
    """A shopper who repeats a request with the same key until there is a response."""

    shop: Shop
    number: int
    headers: dict[str, str]
    repeated: int = 0
    responses: list[tuple[int, Any]] = field(default_factory=list)

    @property
    def has_ordered(self) -> bool:
        """Whether the last response was an order."""
        return self.responses[-1][0] == 201

    def add(self, variant_id: int) -> None:
        """Put a unit into the cart; a guest gets a cart token with the first one."""
        body = {"variant_id": variant_id, "quantity": 1}
        status, shown = self._send("/api/orders/cart/", body, headers=self.headers)
        assert status == 201, shown
        if token := shown["data"].get("cart_token"):
            self.headers["X-Cart-Token"] = token

    def order(self, payment: Mapping[str, Any], *, key: str) -> tuple[int, Any]:
        """Place the order and return the response."""
        body = {"shipping_address": ADDRESS, "email": f"buyer{self.number}@example.org", **payment}
        headers = {**self.headers, "Idempotency-Key": key}
        self.responses.append(self._send("/api/orders/orders/", body, headers=headers))
        return self.responses[-1]

    def _send(self, path: str, body: object, *, headers: Mapping[str, str]) -> tuple[int, Any]:
        """Send a request until its response says that it was executed or refused."""
        while True:
            with suppress(urllib3.exceptions.HTTPError):
                response = self.shop.post(path, body, headers=headers)
                if response[0] != UNAVAILABLE:
                    return response
            self.repeated += 1


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    environ = RUN.shop_environ("races", shares_redis=False) | UNLIMITED
    environ |= {"WEB_WORKERS": str(len(WORKERS)), "PYTHONPATH": str(ROOT)}
    shop = Shop(tmp_path_factory.mktemp("races"), environ=environ)
    migrate(shop)
    shop.manage_all(["migrate_warehouse"], ["rebuild_index"])
    shop.start()
    wait_until(lambda: serving(shop) == WORKERS, what="all web processes serve", seconds=120)
    yield shop
    shop.stop()


@dataclass(frozen=True)
class Made:
    """What was created for the race."""

    scarce: int
    abundant: int
    tokens: list[str]


@pytest.fixture(scope="module")
def made(shop: Shop) -> Made:
    found = json.loads(shop.python(PROGRAM, "make", str(UNITS), str(CUSTOMERS + 1)).splitlines()[-1])
    scarce, abundant = found["variants"]
    return Made(scarce=scarce, abundant=abundant, tokens=found["tokens"])


@contextmanager
def expiring(shop: Shop) -> Iterator[None]:
    """Expire unpaid orders half a second after they were placed, for the duration of the block."""
    process = subprocess.Popen([sys.executable, PROGRAM, "expire"], cwd=ROOT, env=shop.environ)
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


def inspect(shop: Shop) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shop.python(PROGRAM, "inspect").splitlines()[-1])
    return found


def settled(shop: Shop) -> dict[str, Any]:
    """Return what is stored once nothing is pending any more."""
    found: list[dict[str, Any]] = []

    def is_settled() -> bool:
        found.append(inspect(shop))
        waiting = found[-1]["open_requests"] or "PENDING" in {one["status"] for one in found[-1]["orders"]}
        return not waiting and len(found) > 1 and found[-1] == found[-2]

    wait_until(is_settled, what="all payments are settled", seconds=90, interval_seconds=0.5)
    return found[-1]


def order_once(buyer: Buyer, *, turn: int) -> None:
    buyer.order(PAYMENTS[buyer.number % len(PAYMENTS)], key=f"{turn}-{buyer.number}")


def kept(order: Mapping[str, Any]) -> Decimal:
    return Decimal(order["captured"]) - Decimal(order["refunded"])


def test_units_are_sold_once_and_money_agrees_while_processes_are_killed(shop: Shop, made: Made) -> None:
    buyers = [
        Buyer(shop, number, {"Authorization": f"Bearer {token}"})
        for number, token in enumerate(made.tokens[:CUSTOMERS])
    ]
    buyers += [Buyer(shop, CUSTOMERS + number, {}) for number in range(GUESTS)]
    stop = threading.Event()
    with ThreadPoolExecutor(CLIENTS + 1) as pool:
        list(pool.map(lambda buyer: buyer.add(made.scarce), buyers))
        with expiring(shop):
            killer = pool.submit(kill_web_processes, shop, stop=stop)
            list(pool.map(partial(order_once, turn=1), buyers))
            list(pool.map(partial(order_once, turn=2), [one for one in buyers if not one.has_ordered]))
            stop.set()
            assert killer.result() > 0
            found = settled(shop)

    orders = found["orders"]
    placed = Counter(
        body["data"]["order_number"] for one in buyers for status, body in one.responses if status == 201
    )
    assert placed == Counter(order["number"] for order in orders), "each order was told to one buyer, once"
    refused = {body["code"] for one in buyers for status, body in one.responses if status != 201}
    assert refused == {"items_unavailable"}
    assert found["differences"] == []
    assert all(order["units"] == {"SCARCE": 1} for order in orders)
    confirmed = [order for order in orders if order["status"] == "CONFIRMED"]
    assert len(confirmed) == found["reserved"]["SCARCE"] <= UNITS
    assert len(orders) >= UNITS
    for order in orders:
        sold = order["movements"].get("SALE", (0, "0"))[0] - order["movements"].get("CANCEL", (0, "0"))[0]
        assert sold == (order["status"] == "CONFIRMED"), order
        paid = order["status"] == "CONFIRMED" and order["method"] == "TEST"
        assert kept(order) == (Decimal(order["total"]) if paid else 0), order
    assert {order["status"] for order in orders} == {"CONFIRMED", "CANCELLED"}


@pytest.mark.parametrize("is_guest", [False, True], ids=["customer", "guest"])
def test_many_requests_with_one_key_get_one_order_and_one_response(
    shop: Shop, made: Made, *, is_guest: bool
) -> None:
    before = {order["number"] for order in inspect(shop)["orders"]}
    buyer = Buyer(shop, 0, {} if is_guest else {"Authorization": f"Bearer {made.tokens[-1]}"})
    buyer.add(made.abundant)
    with ThreadPoolExecutor(CLIENTS) as pool:
        payment = {"payment_method": "COD"}
        responses = list(pool.map(lambda _: buyer.order(payment, key="once"), range(REPETITIONS)))
    assert responses == [responses[0]] * REPETITIONS
    assert responses[0][0] == 201
    after = {order["number"] for order in inspect(shop)["orders"]}
    assert after - before == {responses[0][1]["data"]["order_number"]}
