"""Forged behaviour moves no list: a shop is attacked, and its models are trained before and afterwards.

`make bench-abuse` does the same in a generated shop, with more requests.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from analytics_pipeline import clocks, ingest, uuid7
from analytics_pipeline.columns import NIL_UUID
from analytics_pipeline.events import AnyEvent, CartAdd, Carted, Click, Record, View
from analytics_pipeline.ingest import Ingest
from analytics_pipeline.stream import Stream
from analytics_pipeline.warehouse import Warehouse
from backend.api.shoppers import Shopper
from backend.tracking.limits import Client
from backend.tracking.services import take
from benchmarks.abuse.attacks import Attack, Sent, batches
from benchmarks.abuse.lists import movements, trained
from ml import training_data
from ml.lists import Lists
from tests.own_warehouse import own_warehouse

pytestmark = pytest.mark.django_db

BUYERS, RETURNING, ONCE, PRODUCTS, DAYS = 90, 60, 40, 60, 40
TARGET = PRODUCTS
BESIDE = (1, 2, 3, 4)
ATTACKS = (
    Attack("one address", requests=600, guests=200, beside=BESIDE),
    Attack("fifty addresses", requests=600, guests=200, addresses=50, beside=BESIDE),
    Attack("fifty addresses in seven days", requests=700, guests=100, addresses=50, days=7, beside=BESIDE),
)


@dataclass(frozen=True)
class Shop:
    """A shop's warehouse as of `now`, with what a training made of it before the attacks.

    `attackers` are the keys of all guests who attacked it so far.
    """

    warehouse: Warehouse
    now: datetime
    fingerprint: str
    lists: dict[str, Lists]
    attackers: set[str] = field(default_factory=set)

    def data(self) -> training_data.TrainingData:
        return training_data.from_warehouse(self.warehouse, as_of=self.now + timedelta(hours=1))


@pytest.fixture(scope="module")
def shop(warehouse_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop of buyers, guests who come back over weeks, and guests who came once."""
    now = timezone.now()
    home: Path = tmp_path_factory.mktemp("shop")
    with (
        pytest.MonkeyPatch.context() as environment,
        own_warehouse(warehouse_url, home=home, environment=environment) as warehouse,
    ):
        _fill(warehouse, now=now)
        data = training_data.from_warehouse(warehouse, as_of=now + timedelta(hours=1))
        yield Shop(warehouse, now, data.log.fingerprint(), trained(data))


def _fill(warehouse: Warehouse, *, now: datetime) -> None:
    chance = np.random.default_rng(11)
    people = BUYERS + RETURNING + ONCE
    records: list[Record] = []
    for person in range(people):
        days = [0] if person >= BUYERS + RETURNING else [0, 9, 20, 35]
        for product in _likes(person, chance):
            at = now - timedelta(days=DAYS - int(chance.choice(days)), minutes=int(chance.integers(600)))
            records += [
                _record(kind(event_id=_id(at), product_id=product), person=person) for kind in (Click, View)
            ]
    ingest.load(warehouse, records)
    buyers = np.repeat(np.arange(BUYERS), 2)
    warehouse.insert(
        "order_facts",
        {
            "movement_id": list(range(1, len(buyers) + 1)),
            "order_item_id": list(range(1, len(buyers) + 1)),
            "kind": ["SALE"] * len(buyers),
            "occurred_at": [now - timedelta(days=int(chance.integers(1, 30))) for _ in buyers],
            "product_id": [int(_likes(int(buyer), chance)[0]) for buyer in buyers],
            "customer_key": [_key(int(buyer)) for buyer in buyers],
            "shopper_key": [NIL_UUID] * len(buyers),
            "quantity": [1] * len(buyers),
            "version": [1] * len(buyers),
        },
    )
    ids = list(range(1, PRODUCTS + 1))
    warehouse.insert(
        "products",
        {
            "product_id": ids,
            "title": [f"piece {number % 4} number {number}" for number in ids],
            "is_active": [1] * PRODUCTS,
            "created_at": [now - timedelta(days=90)] * PRODUCTS,
            "version": [1] * PRODUCTS,
        },
    )


def _likes(person: int, chance: np.random.Generator) -> list[int]:
    """Return products of the kind that the person prefers; the greater its id, the less popular it is."""
    places = (PRODUCTS / 4 * chance.random(6) ** 1.7).astype(int)
    return [int(place) * 4 + person % 4 + 1 for place in places]


def _key(person: int) -> UUID:
    return UUID(int=person + 1)


def _id(at: datetime) -> UUID:
    return uuid7.make(clocks.milliseconds(at), tail=np.random.default_rng().bytes(10))


def _record(event: AnyEvent, *, person: int, source_key: int = 0) -> Record:
    return Record(
        event=event,
        shopper_key=_key(person),
        arrived_at=event.occurred_at,
        number=1,
        source_key=source_key or 1 + person % 30,
    )


def _unmoved(shop: Shop, *, attackers: set[str]) -> None:
    """Fail if a list of another shopper changed, or what the models learned from."""
    shop.attackers.update(attackers)
    data = shop.data()
    found = movements(shop.lists, trained(data), target=TARGET, attackers=shop.attackers)
    assert len(found) > 8
    assert {name: one.changed for name, one in found.items()} == dict.fromkeys(found, 0)
    assert data.log.fingerprint() == shop.fingerprint
    assert set(data.histories.users.astype(str)) >= attackers


def _store(shop: Shop, stream: Stream) -> None:
    Ingest(stream=stream, warehouse=shop.warehouse, clock=timezone.now).drain()


def test_three_hundred_requests_of_new_guests_move_no_list(shop: Shop, stream: Stream) -> None:
    attack = Attack("300 requests", requests=300, guests=300, beside=BESIDE)
    sent = list(batches(attack, target=TARGET, now=timezone.now()))
    client = APIClient()

    assert {_post(client, one) for one in sent} == {202}
    _store(shop, stream)

    counts = "SELECT countIf(type = 'cart_add') AS adds FROM events FINAL WHERE product_id = {target:UInt64}"
    assert shop.warehouse.value(counts, {"target": TARGET}) >= 300
    _unmoved(shop, attackers={str(one.guest) for one in sent})


def _post(client: APIClient, one: Sent) -> int:
    response = client.post(
        "/api/events/",
        one.body,
        content_type="application/json",
        headers={"X-Anonymous-Id": str(one.guest)},
        REMOTE_ADDR=one.address,
    )
    return int(response.status_code)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_more_guests_addresses_or_days_move_no_list(attack: Attack, shop: Shop, stream: Stream) -> None:
    sent = list(batches(attack, target=TARGET, now=timezone.now()))
    for one in sent:
        client = Client(address=one.address, counted_address=one.address)
        take(one.body, shopper=Shopper(key=one.guest), client=client, now=one.at)
    _store(shop, stream)
    _unmoved(shop, attackers={str(one.guest) for one in sent})


def test_filling_the_carts_of_new_guests_moves_no_list(shop: Shop) -> None:
    guests = range(5_000, 5_300)
    ingest.load(
        shop.warehouse,
        [
            _record(kind(event_id=_id(shop.now), product_id=product), person=guest)
            for guest in guests
            for kind in (Carted, CartAdd)
            for product in (TARGET, BESIDE[guest % len(BESIDE)])
        ],
    )
    _unmoved(shop, attackers={str(_key(guest)) for guest in guests})
