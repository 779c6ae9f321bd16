"""A shop of an earlier release is upgraded while it runs, without losing records.

The steps are those of docs/upgrading.md, "One machine". RELEASES lists the releases that can be upgraded.
"""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from indexing.schema import EARLIEST_VERSION, VERSION
from tests.services.shop import ROOT, STOP_SECONDS, Shop, free_port
from tests.services.waiting import wait_until
from tests.upgrade import release
from tests.upgrade.background_clients import BackgroundClients
from tests.upgrade.records import Records, order_numbers, stored_events, variants_with_wrong_stock

RELEASES = ["73e95af"]
CUSTOMER = {"phone": "+15550100003", "password": "vitrine-demo"}
SIZES = ("--products", "60", "--customers", "30", "--days", "6")
UNLIMITED = dict.fromkeys(
    ("THROTTLE_ANON", "THROTTLE_USER", "THROTTLE_BROWSE", "THROTTLE_EVENTS", "THROTTLE_LOGIN"),
    "100000/minute",
) | {"CUSTOMER_UNIT_LIMIT": "1000000"}
LARGE_QUANTITY = 10_000

pytestmark = pytest.mark.slow


@pytest.fixture(params=RELEASES)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    """A running demo shop of an earlier release."""
    code = tmp_path / "code"
    if not release.unpack(request.param, code):
        pytest.skip(f"the history of this clone does not reach back to {request.param}")
    home = tmp_path / "home"
    home.mkdir()
    shop = Shop(home, environ=UNLIMITED, root=code)
    shop.manage("demo", *SIZES, "--port", str(shop.port))
    shop.start()
    wait_until(lambda: shop.get("/api/health/ready/")[0] == 200, what="the old release is ready")
    yield shop
    if shop.is_served():
        shop.stop()


@pytest.fixture
def new(old: Shop) -> Iterator[Shop]:
    """The same shop with the code under test."""
    ports = {"PORT": str(old.port), "METRICS_PORT": str(old.metrics_port)}
    new = Shop(old.home, environ=UNLIMITED | ports, root=ROOT)
    new.port, new.metrics_port = old.port, old.metrics_port
    yield new
    if new.is_served():
        new.stop()


@contextmanager
def web_only(shop: Shop) -> Iterator[int]:
    """Run `serve --web-only` on the shop's port, which it shares; yield its port for operators."""
    port = free_port()
    with (shop.home / "web-only.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "serve", "--web-only", "--metrics-port", str(port)],
            cwd=shop.root,
            env=shop.environ,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            yield port
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(STOP_SECONDS) == 0


def log_in(shop: Shop) -> dict[str, str]:
    status, body = shop.post("/accounts/login/", CUSTOMER)
    assert status == 200, body
    data: dict[str, str] = body["data"]
    return data


def stocked_product(shop: Shop) -> tuple[int, str]:
    """Add stock to a product with one variant, enough for the whole test; return its id and title."""
    status, body = shop.get("/api/products/?page_size=100&sort_by=newest")
    assert status == 200, body
    found = next(each for each in body["results"] if each["variant_count"] == 1)
    _, variants = shop.get(f"/api/products/{found['id']}/variants/")
    staff = shop.post("/accounts/login/", {**CUSTOMER, "phone": "+15550100001"})[1]["data"]["access_token"]
    delivery = {"variant": variants["data"][0]["id"], "transaction_type": "IN", "quantity": LARGE_QUANTITY}
    status, body = shop.post("/api/products/inventory/transactions/", delivery, token=staff)
    assert status == 201, body
    return found["id"], found["title"]


def returned_order(shop: Shop, product_id: int) -> int:
    """Order three units, ship them and return them one by one; return the order's id."""
    staff = shop.post("/accounts/login/", {**CUSTOMER, "phone": "+15550100001"})[1]["data"]["access_token"]
    address = {"street": "123 Main St", "city": "New York", "postal_code": "10001", "country": "USA"}
    for path, body in (
        ("/api/orders/cart/", {"product_id": product_id, "quantity": 3}),
        ("/api/orders/orders/", {"shipping_address": address}),
    ):
        status, response = shop.post(path, body, token=staff)
        assert status == 201, response
    order: dict[str, Any] = response["data"]
    path = f"/api/orders/orders/{order['id']}/"
    one: dict[str, Any] = {"items": [{"item_id": order["items"][0]["id"], "quantity": 1}]}
    for step, sent in (("ship/", {}), ("return/", one), ("return/", one), ("return/", one)):
        status, response = shop.post(path + step, sent, token=staff)
        assert status == 200, response
    assert response["data"]["status"] == "SHIPPED"
    return int(order["id"])


def test_a_served_shop_is_upgraded_without_a_failed_request_or_a_lost_record(old: Shop, new: Shop) -> None:
    login, (product_id, title) = log_in(old), stocked_product(old)
    token = login["access_token"]
    wait_until(
        lambda: bool(old.get("/api/search/", fields={"q": title})[1]["results"]),
        what="a search finds the product",
    )
    returned = returned_order(old, product_id)
    before = Records.of(old.home)

    with BackgroundClients(old, token, product_id, title) as clients:
        wait_until(
            lambda: len(clients.orders) > 2 and len(clients.event_ids) > 2,
            what="clients place orders and send events",
        )

        new.manage_all(["migrate"], ["migrate_warehouse"])
        with web_only(new) as operators:
            wait_until(lambda: new.is_ready(port=operators), what="the new web processes are ready")
            assert new.health(port=operators)["dependencies"]["search"]["schema_version"] == EARLIEST_VERSION
            assert clients.events_deferred == 0
            assert old.stop() == 0
            new.start("--share-port")
            wait_until(new.is_ready, what="the new release is ready")
        deferred = clients.events_deferred
        assert "rebuild_index" in new.health()["dependencies"]["search"]["remedy"]
        new.manage_all(["rebuild_index"], ["rebuild_index", "--rollback"], ["rebuild_index", "--rollback"])
        accepted = len(clients.event_ids)
        wait_until(lambda: len(clients.event_ids) > accepted + 3, what="clients still send events")

    assert clients.failures == []
    assert clients.events_deferred == deferred, "no event was deferred after the new release was ready"
    assert all(clients.succeeded[name] > 10 for name in ("search", "product", "cart", "order")), (
        clients.succeeded
    )

    after = Records.of(new.home)
    assert before.missing_from(after) == []
    assert set(clients.orders) <= order_numbers(new.home)
    assert variants_with_wrong_stock(new.home) == []
    wait_until(
        lambda: set(clients.event_ids) <= stored_events(new.home), what="every accepted event is stored"
    )
    wait_until(lambda: "agree" in new.manage("reconcile", check=False), what="the order facts agree")

    assert "1 orders have changed" in new.manage("derive_order_statuses")
    staff = new.post("/accounts/login/", {**CUSTOMER, "phone": "+15550100001"})[1]["data"]["access_token"]
    status, body = new.get(f"/api/orders/orders/{returned}/", token=staff)
    assert [step["status"] for step in body["data"]["history"]][-2:] == ["SHIPPED", "RETURNED"]

    assert new.health()["dependencies"]["search"]["schema_version"] == VERSION
    assert new.get("/api/search/", fields={"q": title})[1]["results"][0]["id"] == product_id
    assert new.get("/api/recommendations/user/", token=token)[1]["data"]["results"]
    assert new.get("/api/orders/orders/", token=token)[0] == 200
    status, body = new.post("/accounts/token-refresh/", {"refresh_token": login["refresh_token"]})
    assert status == 200, body
    assert (
        new.post("/api/orders/cart/", {"product_id": product_id}, token=body["data"]["access_token"])[0]
        == 201
    )
    assert new.stop() == 0
