"""Many shoppers compete for few units while web processes are killed, orders expire and payments arrive.

The expected values are computed from what the shoppers were told, what the stand-in for Stripe received, and what is
stored, without code of the shop.
"""

import json
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from tests.acceptance.races import (
    PROGRAM,
    WORKERS,
    Gateway,
    Inspect,
    Made,
    bought,
    cents,
    kept,
    kill_web_processes,
    order_of,
    running,
    settled,
)
from tests.acceptance.shoppers import (
    CASH,
    PAYMENTS,
    STRIPE,
    Buyer,
    intent_of,
    intents_of,
    received,
    report,
)
from tests.backend.payments.gateways.stripe_server import StripeServer
from tests.integration.test_web_workers import serving
from tests.journeys.conftest import UNLIMITED
from tests.services import RUN
from tests.services.processes import proxy, stopped
from tests.services.schema import migrate
from tests.services.shop import ROOT, Shop
from tests.services.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.stores]

# SQLite has one writer at a time: more clients would only wait, and there can be no deadlocks.
UNITS = 50 if RUN.database_url else 15
CUSTOMERS, GUESTS = (60, 140) if RUN.database_url else (20, 40)
CLIENTS = 16 if RUN.database_url else 4
OPPOSITE_CARTS = 1_000 if RUN.database_url else 60
COLLISIONS = 12 if RUN.database_url else 4
REPETITIONS = 50
# The status, the units sold and the cents kept of an order of one unit for 10.00, paid or not.
ENDS = {("CONFIRMED", 1, 1_000), ("CANCELLED", 0, 0)}


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    stripe = StripeServer()
    with stripe.running(), proxy(stripe.url) as (url, pid):
        yield Gateway(stripe, url, pid)


@pytest.fixture(scope="module")
def stripe(gateway: Gateway) -> StripeServer:
    return gateway.stripe


@pytest.fixture(scope="module")
def shop(gateway: Gateway, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    environ = RUN.shop_environ("races", shares_redis=False) | UNLIMITED
    environ |= gateway.stripe.environ | {"STRIPE_URL": gateway.url, "PAYMENT_GATEWAYS": "cod,test,stripe"}
    environ |= {"WEB_WORKERS": str(len(WORKERS)), "PYTHONPATH": str(ROOT), "ACCESS_TOKEN_MINUTES": "60"}
    shop = Shop(tmp_path_factory.mktemp("races"), environ=environ)
    migrate(shop)
    shop.start()
    wait_until(lambda: serving(shop) == WORKERS, what="all web processes serve", seconds=120)
    # Its processes create the warehouse's schema and the index.
    wait_until(shop.is_ready, what="the shop is ready", seconds=120)
    yield shop
    shop.stop()


@pytest.fixture(scope="module")
def made(shop: Shop) -> Made:
    sizes = (str(UNITS), str(CUSTOMERS + 1), str(OPPOSITE_CARTS))
    return Made(**json.loads(shop.python(PROGRAM, "make", *sizes).splitlines()[-1]))


@pytest.fixture(scope="module")
def inspect(shop: Shop) -> Iterator[Inspect]:
    """What is stored at the moment of the call; one process prints it each time."""
    command = [sys.executable, PROGRAM, "inspect"]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, cwd=ROOT, env=shop.environ, text=True, bufsize=1, stdin=pipe, stdout=pipe
    ) as process:

        def stored() -> dict[str, Any]:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write("\n")
            found: dict[str, Any] = json.loads(process.stdout.readline())
            return found

        yield stored
        process.terminate()


def order_once(buyer: Buyer, *, turn: int) -> None:
    buyer.order(PAYMENTS[buyer.number % len(PAYMENTS)], key=f"{turn}-{buyer.number}")


def test_units_are_sold_once_and_money_agrees_while_processes_are_killed(
    shop: Shop, made: Made, inspect: Inspect
) -> None:
    buyers = [
        Buyer(shop, number, {"Authorization": f"Bearer {token}"})
        for number, token in enumerate(made.customers[:CUSTOMERS])
    ]
    buyers += [Buyer(shop, CUSTOMERS + number, {}) for number in range(GUESTS)]
    stop = threading.Event()
    with ThreadPoolExecutor(CLIENTS + 1) as pool:
        list(pool.map(lambda buyer: buyer.add(made.variant("SCARCE")), buyers))
        with running(shop, "expire"):
            killer = pool.submit(kill_web_processes, shop, stop=stop)
            list(pool.map(partial(order_once, turn=1), buyers))
            list(pool.map(partial(order_once, turn=2), [one for one in buyers if not one.has_ordered]))
            stop.set()
            assert killer.result() > 0
            found = settled(inspect)

    orders = found["orders"]
    placed = Counter(
        body["data"]["order_number"] for one in buyers for status, body in one.responses if status == 201
    )
    assert placed == Counter(order["number"] for order in orders), "each order was told to one buyer, once"
    refused = {body["code"] for one in buyers for status, body in one.responses if status != 201}
    assert refused == {"items_unavailable"}
    assert all(order["units"] == {"SCARCE": 1} for order in orders)
    confirmed = [order for order in orders if order["status"] == "CONFIRMED"]
    assert len(confirmed) <= UNITS <= len(orders)
    for order in orders:
        assert order["sold"] == (order["status"] == "CONFIRMED"), order
        paid = order["status"] == "CONFIRMED" and order["method"] == "TEST"
        assert kept(order) == (cents(order["total"]) if paid else 0), order
    assert {order["status"] for order in orders} == {"CONFIRMED", "CANCELLED"}


@pytest.mark.parametrize("is_guest", [False, True], ids=["customer", "guest"])
def test_many_requests_with_one_key_get_one_order_and_one_response(
    shop: Shop, made: Made, inspect: Inspect, *, is_guest: bool
) -> None:
    before = {order["number"] for order in inspect()["orders"]}
    buyer = Buyer(shop, 0, {} if is_guest else {"Authorization": f"Bearer {made.customers[-1]}"})
    buyer.add(made.variant("ABUNDANT"))
    with ThreadPoolExecutor(CLIENTS) as pool:
        responses = list(pool.map(lambda _: buyer.order(CASH, key="once"), range(REPETITIONS)))
    assert responses == [responses[0]] * REPETITIONS
    assert responses[0][0] == 201
    after = {order["number"] for order in inspect()["orders"]}
    assert after - before == {responses[0][1]["data"]["order_number"]}


def test_carts_with_the_same_variants_in_opposite_orders_are_ordered_and_cancelled_without_deadlocks(
    shop: Shop, made: Made, inspect: Inspect
) -> None:
    buyers = [Buyer(shop, number, {"X-Cart-Token": token}) for number, token in enumerate(made.guests)]

    def buy(buyer: Buyer) -> tuple[int, int]:
        status, _ = buyer.order(CASH, key="opposite")
        return status, buyer.cancel() if buyer.number % 4 == 3 else 0

    with ThreadPoolExecutor(CLIENTS) as pool:
        outcomes = Counter(pool.map(buy, buyers))
    cancelled = OPPOSITE_CARTS // 4
    assert outcomes == {(201, 0): OPPOSITE_CARTS - cancelled, (201, 200): cancelled}
    found = settled(inspect)
    assert found["deadlocks"] == 0
    sold = sum(order["sold"] for order in found["orders"] if "LEFT" in order["units"])
    assert sold == 2 * (OPPOSITE_CARTS - cancelled)


def test_a_webhook_before_the_response_and_its_repetitions_confirm_the_order_once(
    shop: Shop, made: Made, inspect: Inspect, stripe: StripeServer
) -> None:
    stripe.fault = "hang"
    stripe.performed.clear()
    stripe.resume.clear()
    buyer = bought(shop, made.variant("ABUNDANT"), STRIPE)
    wait_until(stripe.performed.is_set, what="Stripe has performed the request")
    intent = intent_of(buyer, stripe)
    stripe.confirm(intent["id"])

    with ThreadPoolExecutor(CLIENTS) as pool:
        assert set(pool.map(lambda _: report(shop, intent), range(8))) == {200}
    buyer.wait_for("CONFIRMED")
    stripe.resume.set()

    order = order_of(buyer, settled(inspect))
    assert [kind for kind, _ in order["events"]].count("CAPTURED") == 1
    assert (order["sold"], kept(order), received(buyer, stripe)) == (1, 1_000, 1_000)


def test_a_payment_of_an_expired_order_reserves_its_units_again_or_is_refunded(
    shop: Shop, made: Made, inspect: Inspect, gateway: Gateway
) -> None:
    stripe = gateway.stripe
    late, too_late = (bought(shop, made.variant(sku), STRIPE) for sku in ("ABUNDANT", "LAST"))
    for buyer in (late, too_late):
        stripe.confirm(intent_of(buyer, stripe)["id"])
    # While Stripe hangs, the shop doesn't learn that it was paid.
    with stopped(gateway.pid):
        with running(shop, "expire"):
            for buyer in (late, too_late):
                buyer.wait_for("CANCELLED")
        bought(shop, made.variant("LAST"), CASH)
    with running(shop, "perform"):
        late.wait_for("CONFIRMED")
        found = settled(inspect)
        for buyer in (late, too_late):
            assert report(shop, intent_of(buyer, stripe)) == 200
        assert settled(inspect) == found

    orders = [order_of(buyer, found) for buyer in (late, too_late)]
    assert [(order["status"], order["sold"], kept(order)) for order in orders] == [
        ("CONFIRMED", 1, 1_000),
        ("CANCELLED", 0, 0),
    ]
    assert [received(buyer, stripe) for buyer in (late, too_late)] == [1_000, 0]


def test_of_payment_cancellation_and_expiry_at_the_same_moment_one_wins_and_the_money_agrees(
    shop: Shop, made: Made, inspect: Inspect, stripe: StripeServer
) -> None:
    def collide(number: int) -> tuple[Buyer, list[int]]:
        buyer = bought(shop, made.variant("ABUNDANT"), STRIPE, number=number)
        intent = intent_of(buyer, stripe)
        with stripe.lock:
            is_open = intent["status"] == "requires_payment_method"
            if is_open:
                stripe.confirm(intent["id"])
        with ThreadPoolExecutor(2) as both:
            cancelled = both.submit(buyer.cancel)
            paid = both.submit(report, shop, intent) if is_open else None
            return buyer, [cancelled.result(), paid.result() if paid else 200]

    with running(shop, "expire"), running(shop, "perform"), ThreadPoolExecutor(CLIENTS) as pool:
        outcomes = list(pool.map(collide, range(COLLISIONS)))
        found = settled(inspect)

    assert {tuple(statuses) for _, statuses in outcomes} <= {(200, 200), (409, 200)}
    for buyer, _ in outcomes:
        order = order_of(buyer, found)
        assert (order["status"], order["sold"], kept(order)) in ENDS
        assert received(buyer, stripe) == kept(order)


def test_a_gateway_that_hangs_or_is_down_delays_only_its_own_payments(
    shop: Shop, made: Made, inspect: Inspect, gateway: Gateway
) -> None:
    stripe = gateway.stripe
    with stopped(gateway.pid):
        buyers = [bought(shop, made.variant("ABUNDANT"), STRIPE, number=number) for number in range(4)]
        assert bought(shop, made.variant("ABUNDANT"), CASH).status() == "CONFIRMED"
        assert {buyer.status() for buyer in buyers} == {"PENDING"}
        stripe.fault = "down"
    with running(shop, "perform"):
        for buyer in buyers:
            intent = intent_of(buyer, stripe)
            stripe.confirm(intent["id"])
            assert report(shop, intent) == 200
        found = settled(inspect)
    assert {order_of(buyer, found)["status"] for buyer in buyers} == {"CONFIRMED"}
    assert [len(intents_of(buyer, stripe)) for buyer in buyers] == [1] * len(buyers)
    assert [received(buyer, stripe) for buyer in buyers] == [1_000] * len(buyers)


def test_a_gateway_that_lies_confirms_no_order(
    shop: Shop, made: Made, inspect: Inspect, stripe: StripeServer
) -> None:
    buyer = bought(shop, made.variant("ABUNDANT"), STRIPE)
    intent = intent_of(buyer, stripe)
    success = {**intent, "status": "succeeded", "amount_received": 1_000}
    lies: list[dict[str, Any]] = [
        {"amount_received": 999},
        {"amount_received": 1_001},
        {"amount_received": 0},
        {"currency": "eur"},
        {"id": "pi_unknown", "metadata": {}},
        {"id": "pi_unknown", "metadata": {"payment_id": "0195568f-1e00-7c3a-8d7f-9a1b2c3d4e5f"}},
    ]
    for lie in lies:
        assert report(shop, success, **lie) == 200, lie

    order = order_of(buyer, inspect())
    assert (order["status"], kept(order), order["needs_attention"]) == ("PENDING", 0, True)
    problems = Counter(problem for kind, problem in order["events"] if kind == "CAPTURED")
    assert problems == {"AMOUNT_DIFFERS": 3, "CURRENCY_DIFFERS": 1}

    stripe.confirm(intent["id"])
    assert report(shop, intent) == 200
    buyer.wait_for("CONFIRMED")
    assert kept(order_of(buyer, settled(inspect))) == 1_000


def test_orders_have_the_expected_total_while_prices_and_taxes_change(
    shop: Shop, made: Made, inspect: Inspect
) -> None:
    product = f"/api/products/{made.variants['CHANGING']['product']}/"
    rate = {"country": "US", "state": "NY", "tax_class": "standard", "rate": "10", "name": "Tax"}
    buyers = [Buyer(shop, number, {}) for number in range(2 * CLIENTS)]
    for buyer in buyers:
        buyer.add(made.variant("CHANGING"))
    stop = threading.Event()

    def change_prices_and_taxes() -> None:
        while not stop.is_set():
            for price in ("12.00", "10.00"):
                assert shop.request("PATCH", product, json={"price": price}, token=made.seller)[0] == 200
            status, body = shop.post("/api/taxes/rates/", rate, token=made.staff)
            assert status == 201, body
            path = f"/api/taxes/rates/{body['data']['id']}/"
            assert shop.request("DELETE", path, token=made.staff)[0] == 200

    def order(buyer: Buyer) -> None:
        for turn in range(100):
            buyer.order({**CASH, "expected_total": "10.00"}, key=f"changing-{turn}")
            if buyer.has_ordered:
                return

    with ThreadPoolExecutor(CLIENTS + 1) as pool:
        changing = pool.submit(change_prices_and_taxes)
        list(pool.map(order, buyers))
        stop.set()
        changing.result()

    amounts = {(each.placed["total_amount"], each.placed["tax_amount"]) for each in buyers}
    assert amounts == {("10.00", "0.00")}
    refused = {body["code"] for each in buyers for status, body in each.responses if status != 201}
    assert refused == {"price_changed"}
    settled(inspect)


def test_a_seller_can_not_touch_the_order_of_another(shop: Shop, made: Made) -> None:
    buyer = bought(shop, made.variant("ABUNDANT"), CASH)
    before = shop.get(buyer.path, headers=buyer.headers)
    sale, units = f"/api/orders/sales/{buyer.placed['id']}/", {"item_id": buyer.placed["items"][0]["id"]}
    body = {"items": [{**units, "quantity": 1}]}
    requests = [("GET", buyer.path), ("GET", sale)] + [
        ("POST", path)
        for path in (
            *(f"{buyer.path}{step}/" for step in ("ship", "deliver", "cancel", "return", "shipments")),
            f"{buyer.path}shipments/1/deliver/",
            f"{sale}cancel/",
        )
    ]
    for method, path in requests:
        options: dict[str, Any] = {"json": body if path.endswith(("return/", "shipments/")) else {}}
        sent = shop.request(method, path, token=made.other_seller, **(options if method == "POST" else {}))
        assert sent[0] in (403, 404), (path, sent)
    assert shop.get(buyer.path, headers=buyer.headers)[1]["data"] == before[1]["data"]
