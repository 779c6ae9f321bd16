"""Processes are killed during an import and a stream of events; nothing is lost or duplicated.

The expected values are computed without importing code of the shop. The environment names the stores, and may ask
for more batches and kills (tests/services): a million events are 10,000 batches.
"""

import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import clickhouse_connect
import pytest
import urllib3

from analytics_pipeline import embedded, reports
from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.warehouse import Warehouse
from tests.acceptance import client_visits, expected
from tests.acceptance.client_visits import Batch
from tests.acceptance.expected_sessions import Truth
from tests.acceptance.shoppers import PAUSE_SECONDS
from tests.analytics_pipeline.test_sessions import KEYS, compare, rows_of
from tests.journeys.conftest import STAFF, UNLIMITED
from tests.services import RUN
from tests.services.schema import migrate
from tests.services.shop import ROOT, Shop
from tests.services.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.stores]

PRODUCTS = 1_500
ORDERS = 3_000
BATCHES = int(os.environ.get("TEST_KILL_BATCHES", "150"))
ROUNDS = int(os.environ.get("TEST_KILL_ROUNDS", "1"))
BATCH_SIZE = 100
KILLED = ("relay", "ingest", "web", "warehouse", "valkey")


class Sender(threading.Thread):
    """Sends all batches twice, and repeats each request until its response is a 202."""

    def __init__(self, shop: Shop, batches: list[Batch]) -> None:
        super().__init__()
        self.shop = shop
        self.batches = [*batches, *batches]
        self.sent = 0
        self.repeated = 0

    def run(self) -> None:
        for batch in self.batches:
            while not self._accepted(batch):
                self.repeated += 1
                time.sleep(PAUSE_SECONDS)
            self.sent += 1

    def _accepted(self, batch: Batch) -> bool:
        try:
            status, body = self.shop.post("/api/events/", batch.body, headers=batch.headers)
        except urllib3.exceptions.HTTPError:
            return False
        assert status in (202, 503), body
        return status == 202 and body["data"]["accepted"] == len(batch.events)


class Importer(threading.Thread):
    """Imports the same orders repeatedly, at least once, until `stop` is set."""

    def __init__(self, shop: Shop, path: Path) -> None:
        super().__init__()
        self.shop = shop
        self.path = path
        self.stop = threading.Event()
        self.exit_codes: list[int] = []

    def run(self) -> None:
        while not (self.exit_codes and self.stop.is_set()):
            self.exit_codes.append(start_import(self.shop, "import_orders", self.path).wait(timeout=300))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    environ = RUN.shop_environ("kills") | UNLIMITED | {"DJANGO_SUPERUSER_PASSWORD": STAFF[1]}
    # All guests have one address.
    environ |= dict.fromkeys(("THROTTLE_GUESTS", "THROTTLE_GUESTS_LONGER"), "1000000/hour")
    shop = Shop(tmp_path_factory.mktemp("kills"), environ=environ)
    migrate(shop)
    shop.start()
    # Its processes create the warehouse's schema and the index.
    wait_until(shop.is_ready, what="the shop is ready", seconds=120)
    yield shop
    shop.stop()


def start_import(shop: Shop, command: str, path: Path) -> "subprocess.Popen[bytes]":
    arguments = [sys.executable, "manage.py", command, "--format", "csv", str(path), "--no-wait"]
    log = (shop.home / f"{command}.log").open("wb")
    with log:
        return subprocess.Popen(arguments, cwd=ROOT, env=shop.environ, stdout=log, stderr=subprocess.STDOUT)


def warehouse_url(shop: Shop) -> str:
    """Return the address of the shop's warehouse."""
    return shop.environ.get("CLICKHOUSE_URL") or embedded.clickhouse_url(PipelineSettings(home=shop.home))


def stored_events(shop: Shop) -> dict[tuple[str, str, int], int]:
    """Return the number of clients' events in the warehouse by day, type and product."""
    client = clickhouse_connect.get_client(dsn=warehouse_url(shop), autogenerate_session_id=False)
    try:
        rows = client.query(
            "SELECT toString(day), toString(type), product_id, count() FROM events FINAL "
            "WHERE type IN {types:Array(String)} GROUP BY 1, 2, 3",
            {"types": list(client_visits.TYPES)},
        ).result_rows
    finally:
        client.close()
    return {(day, kind, product): number for day, kind, product, number in rows}


def sales(shop: Shop) -> list[dict[str, Any]]:
    """Return the monthly rows of the sales report."""
    span = ("--start-date", "2024-01-01", "--end-date", "2025-12-31", "--group-by", "month")
    rows = json.loads(shop.manage("report", "sales", *span, "--format", "json"))
    return [
        {name: Decimal(row[name]) if name in ("gross", "returns", "net") else row[name] for name in SALES}
        for row in rows
    ]


SALES = ("period", "units", "gross", "returns", "net", "orders")


def check_visits(shop: Shop, batches: list[Batch], *, last: date) -> None:
    """Compare the reports about sessions, funnels and retention with what the batches contain."""
    truth = Truth(client_visits.visited(batches))
    days = (last - timedelta(days=client_visits.DAYS), last)
    with closing(
        Warehouse(PipelineSettings(home=shop.home, clickhouse_url=warehouse_url(shop)))
    ) as warehouse:
        for name, given in QUESTIONS:
            wanted = rows_of(truth, name, zone="UTC", days=days, **given)
            found = reports.run(warehouse, name, start_date=days[0], end_date=days[1], **given)
            compare(found.records(), wanted, key=KEYS[name])


QUESTIONS: list[tuple[str, dict[str, Any]]] = [
    ("sessions", {"breakdown": "device", "bots": "include"}),
    ("sessions", {"breakdown": "source", "bots": "exclude"}),
    ("funnel", {"breakdown": "landing", "bots": "exclude"}),
    *(
        (
            "funnel_steps",
            {
                "steps": ["view", "click", "cart_add", "checkout"],
                "by": by,
                "window_minutes": 120,
                "order": "strict",
                "breakdown": "none",
                "bots": "exclude",
            },
        )
        for by in ("session", "shopper")
    ),
    ("retention", {"activity": "visit", "group_by": "day", "bots": "exclude"}),
]


def products_found(shop: Shop) -> int:
    """Return how many products an empty search finds."""
    return int(shop.get("/api/search/?page_size=1")[1]["count"])


def test_kills_during_imports_and_events_neither_lose_nor_duplicate_anything(
    shop: Shop, tmp_path: Path
) -> None:
    expected.write_catalogue(tmp_path / "catalogue.csv", products=PRODUCTS)
    expected_sales = expected.write_orders(tmp_path / "orders.csv", orders=ORDERS, products=PRODUCTS)
    now = datetime.now(UTC)
    batches = client_visits.batches(number=BATCHES, size=BATCH_SIZE, now=now)
    processes = [name for name in KILLED if name in shop.processes()]
    assert start_import(shop, "import_catalog", tmp_path / "catalogue.csv").wait(timeout=300) == 0

    importer, sender = Importer(shop, tmp_path / "orders.csv"), Sender(shop, batches)
    importer.start()
    sender.start()
    killed_during_both = 0
    rng = random.Random(7)
    victims = [name for _ in range(ROUNDS) for name in rng.sample(processes, len(processes))]
    requests_between = max(10, len(sender.batches) // (len(victims) + 1) if ROUNDS > 1 else 0)
    for number, name in enumerate(victims, start=1):
        wait_until(
            lambda number=number: sender.sent >= number * requests_between or not sender.is_alive(),  # type: ignore[misc]
            what=f"events were sent before {name} is killed",
            seconds=max(120, requests_between),
        )
        killed_during_both += sender.is_alive() and importer.is_alive()
        shop.kill(name)
    importer.stop.set()
    sender.join(timeout=300 + BATCHES)
    importer.join(timeout=300)
    assert (sender.is_alive(), importer.is_alive()) == (False, False)
    assert set(importer.exit_codes) == {0}

    assert killed_during_both == len(victims)
    assert sender.repeated > 0, "no request failed while a process was down"
    wait_until(
        lambda: stored_events(shop) == client_visits.counts(batches),
        what="each event is stored once",
        seconds=120 + BATCHES / 10,
    )
    check_visits(shop, batches, last=now.date())
    wait_until(
        lambda: sales(shop) == expected_sales, what="the sales report has the expected rows", seconds=120
    )
    wait_until(lambda: products_found(shop) == PRODUCTS, what="all products are found", seconds=60)
    assert "agree" in shop.manage("reconcile")
