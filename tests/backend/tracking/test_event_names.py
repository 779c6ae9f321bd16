"""The names of a shop's own events: staff register them, and intake applies them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from django.db import OperationalError
from rest_framework.test import APIClient
from uuid_utils.compat import uuid7

from analytics_pipeline import dead_letters
from analytics_pipeline.custom_names import Names, NamesUnavailable
from analytics_pipeline.stream import Stream
from backend.audit.models import AuditEntry
from backend.engines.warehouse import warehouse
from backend.tracking import live_names
from backend.tracking.live_names import CACHE, NamesCache
from backend.tracking.models import EventName
from tests.backend.shop import client_of, staff
from tests.backend.tracking.conftest import batches, send, view
from tests.backend.tracking.test_ingest_events import run

pytestmark = pytest.mark.django_db

NAMES = "/api/events/names/"
QUIZ = {"name": "quiz", "description": "A quiz.", "properties": {"answers": "number"}, "is_active": True}


@pytest.fixture(autouse=True)
def _own_names() -> Iterator[None]:
    """Read the names of this test's database."""
    CACHE.forget()
    yield
    CACHE.forget()


def registered(**fields: object) -> int:
    created = client_of(staff()).post(NAMES, QUIZ | fields)
    assert created.status_code == 201, created.json()
    return int(created.json()["data"]["id"])


def quiz(**fields: object) -> dict[str, object]:
    return {"event_id": str(uuid7()), "type": "custom", "name": "quiz", **fields}


def reasons(response: Any) -> list[str]:
    return [each["reason"] for each in response.json()["data"]["refused"]]


def test_staff_register_change_and_deactivate_names() -> None:
    client = client_of(staff())
    path = f"{NAMES}{registered()}/"

    assert {name: client.get(path).json()["data"][name] for name in QUIZ} == QUIZ
    changed = client.patch(path, {"properties": {"answers": "number", "won": "boolean"}}).json()["data"]
    assert changed["properties"] == {"answers": "number", "won": "boolean"}
    assert client.patch(path, {"is_active": False}).json()["data"]["description"] == "A quiz."
    assert client.patch(path, {"name": "other"}).status_code == 400
    assert [each["name"] for each in client.get(NAMES, {"is_active": "false"}).json()["results"]] == ["quiz"]
    assert client.get(NAMES, {"is_active": "true"}).json()["results"] == []
    again = client.post(NAMES, QUIZ)
    assert (again.status_code, again.json()["code"]) == (409, "event_name_exists")
    assert client.get(f"{NAMES}999999/").json()["code"] == "event_name_not_found"
    entries = AuditEntry.objects.filter(object_type="tracking.EventName").order_by("pk")
    assert [(each.action, sorted(each.changes)) for each in entries] == [
        ("tracking.event_name_created", ["description", "is_active", "name", "properties"]),
        ("tracking.event_name_updated", ["properties"]),
        ("tracking.event_name_updated", ["is_active"]),
    ]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": "two words"}, "name"),
        ({"name": ""}, "name"),
        ({"properties": {"answers": "date"}}, "properties.answers"),
        ({"properties": {"k" * 51: "number"}}, "properties"),
        ({"properties": {"a\0b": "number"}}, "properties"),
        ({"properties": {"": "number"}}, "properties"),
        ({"properties": {f"k{n}": "number" for n in range(21)}}, "properties"),
    ],
)
def test_an_invalid_name_or_property_is_refused(wrong: dict[str, Any], field: str) -> None:
    refused = client_of(staff()).post(NAMES, QUIZ | wrong)
    assert refused.status_code == 400
    assert list(refused.json()["details"]) == [field]
    assert not EventName.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_intake_accepts_registered_names_and_says_why_others_are_refused(
    guest: APIClient, stream: Stream
) -> None:
    assert reasons(send(guest, view(), quiz())) == [
        "name: 'quiz' isn't an active name; staff register it at /api/events/names/"
    ]
    path = f"{NAMES}{registered()}/"
    accepted = send(guest, quiz(), quiz(product_id=7, properties={"answers": 3}))
    assert accepted.json()["data"] == {"accepted": 2, "refused": [], "tracked": True}
    assert reasons(send(guest, quiz(properties={"colour": "red"}))) == [
        "properties.colour: not declared for this name; staff declare it at /api/events/names/"
    ]
    client_of(staff()).patch(path, {"is_active": False})
    assert len(reasons(send(guest, quiz()))) == 1
    assert [len(batch.events) for batch in batches(stream)] == [1, 2, 0, 0]


@pytest.mark.django_db(transaction=True)
def test_events_that_were_refused_before_their_name_was_registered_can_be_replayed(
    guest: APIClient, stream: Stream, warehouse_url: str
) -> None:
    store = warehouse()
    for table in ("events", "dead_letters"):
        store.command(f"TRUNCATE TABLE {table}")
    send(guest, quiz())
    run("ingest_events", drain=True)
    assert run("replay_events") == "0 dead letters replayed, 1 kept\n"
    registered()
    assert run("replay_events") == "1 dead letters replayed, 0 kept\n"
    run("ingest_events", drain=True)
    assert store.rows("SELECT type, name FROM events FINAL") == [{"type": "custom", "name": "quiz"}]
    assert dead_letters.waiting(store) == 0


def test_a_failing_database_leaves_the_names_of_before_and_is_not_asked_by_each_event(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    registered()
    time, reads = [0.0], []
    cache = NamesCache(clock=lambda: time[0])
    assert set(cache.current()) == {"quiz"}

    def fail() -> None:
        reads.append(time[0])
        raise OperationalError("gone")

    monkeypatch.setattr(live_names, "active_names", fail)
    time[0] += live_names.CHECKED_SECONDS
    assert set(cache.current()) == {"quiz"}
    cold = NamesCache(clock=lambda: time[0])
    for _ in range(3):
        with pytest.raises(NamesUnavailable):
            cold.current()
    assert len(reads) == 2


def test_a_hanging_database_holds_one_thread_and_the_others_only_for_a_moment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Impatient(NamesCache):
        wait_seconds = 0.01

    cache, begun, released = Impatient(), Event(), Event()

    def hang() -> Names:
        begun.set()
        assert released.wait(timeout=30)
        return {"quiz": {}}

    monkeypatch.setattr(live_names, "active_names", hang)
    with ThreadPoolExecutor() as pool:
        first = pool.submit(cache.current)
        assert begun.wait(timeout=30)
        with pytest.raises(NamesUnavailable):
            cache.current()
        released.set()
        assert first.result(timeout=30) == cache.current() == {"quiz": {}}
