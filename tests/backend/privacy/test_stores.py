"""After an erasure no store links to the customer, whatever arrives later and wherever a process is killed."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest
import redis
from django.utils import timezone
from rest_framework.test import APIClient
from uuid_utils.compat import uuid7

from analytics_pipeline import rollup_builds, rollups
from analytics_pipeline.erasure import NotConsumedYet
from analytics_pipeline.ingest import Ingest
from analytics_pipeline.stream import Stream
from analytics_pipeline.warehouse import Warehouse
from backend.analytics.reconciliation.comparing import reconcile
from backend.analytics.subscribers import OrderFacts, ShopperLinks
from backend.catalog.models import Product
from backend.config import personal_data
from backend.engines import streams
from backend.engines import warehouse as engines
from backend.orders.models import Order
from backend.orders.shipments import deliver_all, ship_all
from backend.outbox.relay import drain
from backend.privacy.guests import Contact, erase_guest
from backend.privacy.subscribers import StoreErasure
from backend.recommendations.models import ModelVersion, ProductRecommendation
from ml.lists import Lists
from ml.registry import Registry
from ml.settings import TrainingSettings
from tests.backend.analytics.conftest import TABLES
from tests.backend.orders.steps import ADDRESS
from tests.backend.privacy.customers import (
    PASSWORD,
    SEARCHED,
    ActiveCustomer,
    active_customer,
    found_in_database,
    spellings,
)
from tests.backend.shop import SYSTEM, product
from tests.services.quota import reset_quota

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def warehouse(warehouse_url: str) -> Warehouse:
    warehouse = engines.warehouse()
    for table in (*TABLES, "event_contents"):
        warehouse.command(f"TRUNCATE TABLE {table}")
    return warehouse


@pytest.fixture
def stream(redis_url: str) -> Iterator[Stream]:
    with redis.Redis.from_url(redis_url) as client:
        client.flushdb()
    reset_quota(redis_url)
    yield streams.stream()
    streams.stream().delete()


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """The registry of a home of its own."""
    monkeypatch.setenv("VITRINE_HOME", str(tmp_path))
    return Registry(TrainingSettings.from_env().registry)


def event(type_: str, **fields: object) -> dict[str, object]:
    """Return an event of the last product; those of products that don't exist are not kept in Redis."""
    last = Product.objects.latest("pk").pk
    return {"event_id": str(uuid7()), "type": type_, "product_id": last, **fields}


def send(client: APIClient, *events: object) -> None:
    response = client.post("/api/events/", {"events": list(events)}, format="json")
    assert response.status_code == 202, response.json()


def ingest(stream: Stream, warehouse: Warehouse) -> None:
    Ingest(stream=stream, warehouse=warehouse, clock=timezone.now).drain()


@dataclass
class Guest:
    """A shopper without an account, with the id of the browser."""

    anonymous_id: UUID


def guest_of(shopper: ActiveCustomer | Guest) -> APIClient:
    return APIClient(headers={"X-Anonymous-Id": str(shopper.anonymous_id)})


def behave(buyer: ActiveCustomer) -> None:
    """Send events as a guest and as a customer, with a free text, a property and an invalid event."""
    for client in (guest_of(buyer), buyer.client):
        send(
            client,
            event("view", properties={"note": SEARCHED}),
            event("click", exposure_id=str(uuid7()), position=1),
            event("view", product_id="leave it with Mrs Applegarth"),
        )


def deliver() -> None:
    """Deliver all messages that concern the warehouse and the erasure."""
    target = engines.migrated()
    erasing = [StoreErasure(store, clock=timezone.now) for store in personal_data.stores()]
    drain([OrderFacts(target), ShopperLinks(target), *erasing], timeout=60)


def order_as_guest(shopper: ActiveCustomer | Guest) -> str:
    """Order and fill a cart as the guest that a customer was before, whose data isn't the account's."""
    guest, lamp = guest_of(shopper), product("A stool", stock=5)
    line = {"product_id": lamp.pk, "quantity": 1, "exposure_id": str(uuid7())}
    for address in (ADDRESS, None):
        added = guest.post("/api/orders/cart/", line, format="json")
        assert added.status_code == 201, added.json()
        if address is not None:
            token = {"X-Cart-Token": added.json()["data"]["cart_token"]}
            order = {"shipping_address": address, "payment_method": "COD", "email": "guest@shop.example"}
            placed = guest.post("/api/orders/orders/", order, format="json", headers=token)
            assert placed.status_code == 201, placed.json()
    return str(placed.json()["data"]["order_number"])


def erase_stranger(order_number: str) -> str:
    order = Order.objects.get(order_number=order_number)
    for step in (ship_all, deliver_all):
        step(order.pk, by=SYSTEM, now=timezone.now())
    contact = Contact(email="guest@shop.example")
    return str(erase_guest([order_number], contact=contact, by=SYSTEM, now=timezone.now()).pk)


def erase(buyer: ActiveCustomer) -> str:
    response = buyer.client.delete("/api/accounts/me/", {"password": PASSWORD}, format="json")
    assert response.status_code == 202, response.json()
    return str(response.json()["data"]["id"])


def status_of(receipt: str) -> tuple[str, dict[str, str]]:
    data = APIClient().get(f"/api/privacy/receipts/{receipt}/").json()["data"]
    return data["status"], {step["store"]: step["status"] for step in data["stores"]}


def found_in_warehouse(warehouse: Warehouse, values: list[str]) -> set[tuple[str, str]]:
    tables = [
        row["name"]
        for row in warehouse.rows(
            "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'"
        )
    ]
    assert {"events", "order_facts", rollups.RESULT_LISTS.table, "dead_letters"} <= set(tables)
    return {
        (table, value)
        for table in tables
        for row in warehouse.rows(f"SELECT * FROM {table}")
        for value in values
        if value in repr(row).lower()
    }


def found_in_redis(url: str, values: list[str]) -> set[tuple[str, str]]:
    with redis.Redis.from_url(url) as client:
        found = {key.decode(errors="replace"): repr(client.dump(key)).lower() for key in client.scan_iter()}
    # Counters of limits have the address in their keys, and expire within a day.
    ids = [value for value in values if value != "198.51.100.77"]
    return {(key, value) for key, text in found.items() for value in ids if value in key.lower() + text}


def found_in_files(folder: Path, values: list[str]) -> set[tuple[str, str]]:
    return {
        (str(path.relative_to(folder)), value)
        for path in folder.rglob("*")
        if path.is_file()
        for value in values
        # Arrays of texts are stored as UTF-32.
        if value.encode() in path.read_bytes().lower()
        or value.encode("utf-32-le") in path.read_bytes().lower()
    }


def test_no_store_links_to_the_customer_or_to_the_guest(
    warehouse: Warehouse, stream: Stream, models: Registry, redis_url: str, tmp_path: Path
) -> None:
    buyer = active_customer()
    stranger = Guest(uuid4())
    values = [*spellings(buyer), str(stranger.anonymous_id), stranger.anonymous_id.hex]
    order_as_guest(buyer)
    number = order_as_guest(stranger)
    send(guest_of(stranger), event("view", properties={"note": "a stranger"}))
    behave(buyer)
    ingest(stream, warehouse)
    deliver()
    rollup_builds.rebuild(warehouse)
    version = register_lists(models, [str(key) for key in buyer.ids])
    behave(buyer)  # These events wait in the stream during the erasure.
    assert {name for name, _ in found_in_warehouse(warehouse, values)} >= {
        "events",
        "order_facts",
        "shopper_links",
        "dead_letters",
    }
    assert found_in_redis(redis_url, values)
    assert found_in_files(tmp_path, values)

    receipt = erase(buyer)
    receipt_of_guest = erase_stranger(number)
    with pytest.raises(NotConsumedYet):
        deliver()
    ingest(stream, warehouse)
    deliver()

    done = ("done", {"stream": "done", "warehouse": "done", "recommendations": "done"})
    assert [status_of(receipt), status_of(receipt_of_guest)] == [done] * 2
    assert found_in_warehouse(warehouse, values) == set()
    assert {table for table, _ in found_in_database(values)} == {"invoices_invoice"}
    assert found_in_redis(redis_url, values) == set()
    assert found_in_files(tmp_path, values) == set()
    assert len(models.load(version).lists("user.collaborative")) == 1

    # A browser that was offline sends events with the old id.
    send(guest_of(buyer), event("view"), event("view", product_id="leave it with Mrs Applegarth"))
    ingest(stream, warehouse)
    assert found_in_warehouse(warehouse, values) == set()
    assert found_in_redis(redis_url, values) == set()
    # The money is what it was.
    assert reconcile(warehouse).agrees


def register_lists(models: Registry, subjects: list[str]) -> str:
    """Register and load a version with lists for these shoppers and for another one."""
    every = [*subjects, str(UUID(int=7))]
    ones = np.ones((len(every), 1))
    lists = Lists(np.array(every), ones.astype(np.int64), ones.astype(np.float32), ones.astype(np.int64))
    registered = models.register(
        lists={"user.collaborative": lists},
        made_by={"user.collaborative": "popular"},
        facts={"fingerprint": "0" * 64},
        now=timezone.now(),
    )
    row = ModelVersion.objects.create(version=registered.id)
    for subject in every:
        ProductRecommendation.objects.create(
            version=row, audience="user", subject=subject, algorithm="collaborative", entries=[[1, 1.0, None]]
        )
    return registered.id
