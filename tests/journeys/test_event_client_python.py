"""The Python client sends events to the real intake, which is away, hangs or asks to wait; its process is killed."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.journeys.event_clients.scripted import Reply, ScriptedIntake
from tests.journeys.event_clients.stored import Events, events_of
from tests.services.processes import proxy, stopped
from tests.services.shop import ROOT, Shop, free_port
from vitrine_events import Client, Shopper

# The client doesn't depend on the servers of the stores.
pytestmark = [pytest.mark.stores, pytest.mark.once]

KILLED = """
import sys
from vitrine_events import Client, Shopper
client = Client(sys.argv[1], path=sys.argv[2], flush_seconds=0.01)
guest = Shopper(anonymous_id=sys.argv[3])
print(*(client.track("view", shopper=guest, product_id=product) for product in range(1, 31)), flush=True)
sys.stdin.read()
"""
FORKED = """
import os, sys
from vitrine_events import Client, Shopper
client = Client(sys.argv[1], path=sys.argv[2] or None, flush_seconds=600)
guest = Shopper(anonymous_id=sys.argv[3])
print(client.track("view", shopper=guest, product_id=1), flush=True)
if os.fork() == 0:
    print(client.track("view", shopper=guest, product_id=2), flush=True)
    sys.exit(0 if client.flush() else 1)
os.wait()
"""


@pytest.fixture(scope="module")
def intake(shop: Shop) -> str:
    return f"http://127.0.0.1:{shop.port}/api/events/"


@pytest.fixture(scope="module")
def events(shop: Shop) -> Iterator[Events]:
    with events_of(shop) as found:
        yield found


def guest() -> Shopper:
    return Shopper(anonymous_id=str(uuid4()))


def start(script: str, *arguments: str) -> "subprocess.Popen[str]":
    """Start a script with the client on its path."""
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        env={"PYTHONPATH": str(ROOT / "clients" / "python")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_events_of_threads_are_stored_once_for_their_shoppers(intake: str, events: Events) -> None:
    refused: list[tuple[Any, str]] = []
    shoppers = [guest(), guest(), Shopper()]
    with Client(intake, batch_size=10, on_refused=lambda *one: refused.append(one)) as client:

        def track(number: int) -> str:
            shopper = shoppers[number % 3]
            return str(client.track("view", shopper=shopper, product_id=number + 1, session_id=uuid4()))

        with ThreadPoolExecutor(8) as threads:
            ids = list(threads.map(track, range(60)))
        # An event of the past, with the id of then.
        past = str(
            client.track(
                "view", product_id=7, occurred_at=datetime.now(UTC) - timedelta(days=3), shopper=shoppers[0]
            )
        )
        client.track("view", product_id=0)
        assert client.flush()

    stored = {event.event_id: event for event in events.wait_for([*ids, past])}
    for number, event_id in enumerate(ids):
        assert stored[event_id].shopper_key == (shoppers[number % 3].anonymous_id or str(UUID(int=0)))
        assert stored[event_id].product_id == number + 1
    assert datetime.now() - stored[past].reported_at.replace(tzinfo=None) > timedelta(days=2)  # noqa: DTZ005 - a bound
    assert [(event["product_id"], reason.split(":")[0]) for event, reason in refused] == [(0, "product_id")]
    assert (client.refused, client.dropped, client.pending) == (1, 0, 0)


def test_events_of_an_account_belong_to_it_and_objections_are_obeyed(
    intake: str, events: Events, customer: str, tmp_path: Path
) -> None:
    with Client(intake, path=tmp_path / "queue.sqlite3") as client:
        first, second = guest(), Shopper(anonymous_id=str(uuid4()), token=customer)
        ids = [str(client.track("view", shopper=shopper, product_id=1)) for shopper in (first, second)]
        assert client.track("view", shopper=Shopper(consent=False), product_id=1) is None
        assert customer.encode() not in b"".join(path.read_bytes() for path in tmp_path.iterdir())

    keys = [event.shopper_key for event in events.wait_for(ids)]
    assert keys[0] == first.anonymous_id
    assert keys[1] not in (second.anonymous_id, str(UUID(int=0)))


def test_a_killed_process_loses_no_event_of_its_file(intake: str, events: Events, tmp_path: Path) -> None:
    file = tmp_path / "queue.sqlite3"
    address = f"http://127.0.0.1:{free_port()}/api/events/"
    with start(KILLED, address, str(file), str(uuid4())) as process:
        assert process.stdout is not None
        ids = process.stdout.readline().split()
        process.send_signal(signal.SIGKILL)
    assert len(ids) == 30
    assert file.stat().st_mode & 0o077 == 0

    with Client(intake, path=file) as client:
        assert client.pending == 30
        assert client.flush()
    assert len(events.wait_for(ids)) == 30


def test_a_hanging_shop_gets_the_events_again_and_counts_them_once(intake: str, events: Events) -> None:
    # The connections are made before the shop hangs, so the request is sent and gets no answer.
    with proxy(intake) as (address, pid), Client(address, timeout=0.3, flush_seconds=0.01) as client:
        shopper = guest()
        ids = [str(client.track("view", shopper=shopper, product_id=1))]
        assert client.flush()
        with stopped(pid):
            ids += [str(client.track("view", shopper=shopper, product_id=2)) for _ in range(5)]
            assert not client.flush(timeout=0.8)
            assert client.pending == 5
        assert client.flush()
    assert len(events.wait_for(ids)) == 6


def test_events_wait_for_a_shop_that_is_away(intake: str, events: Events) -> None:
    port = free_port()
    with Client(f"http://127.0.0.1:{port}/api/events/", flush_seconds=0.01) as client:
        event_id = str(client.track("view", shopper=guest(), product_id=1))
        assert not client.flush(timeout=0.2)
        with proxy(intake, port=port):
            assert client.flush()
    events.wait_for([event_id])


@pytest.mark.parametrize("durable", [False, True], ids=["memory", "file"])
def test_a_forked_child_sends_its_own_events(
    intake: str, events: Events, tmp_path: Path, durable: bool
) -> None:
    file = str(tmp_path / "queue.sqlite3") if durable else ""
    with ScriptedIntake([]).running() as scripted:
        process = start(FORKED, scripted.url, file, str(uuid4()))
        output, _ = process.communicate(timeout=60)
        ids = output.split()
        assert process.returncode == 0
        assert len(ids) == 2
        sent = [event_id for request in scripted.requests for event_id in request.ids]
        # A file is shared: whoever sends first sends what is in it.
        assert sorted(sent) == sorted(ids)


def test_only_the_shopper_who_must_wait_waits() -> None:
    new, known = guest(), Shopper(anonymous_id=str(uuid4()), user_agent="Firefox")
    wait = Reply(429, {"Retry-After": "1"}, code="too_many_new_guests")
    with ScriptedIntake([wait]).running() as scripted, Client(scripted.url, flush_seconds=600) as client:
        first = str(client.track("view", shopper=new, product_id=1))
        second = str(client.track("view", shopper=known, product_id=1))
        assert client.flush()
        assert [request.ids for request in scripted.requests] == [[first], [second], [first]]
        assert [request.user_agent for request in scripted.requests] == [
            "vitrine-events",
            "Firefox",
            "vitrine-events",
        ]
        assert scripted.requests[2].arrived - scripted.requests[0].arrived >= 1
        sent = [request.body["sent_at"] for request in scripted.requests]
        assert sent == sorted(set(sent)), "each request has the time of its sending"


def test_all_wait_when_the_shop_says_so() -> None:
    wait = Reply(503, {"Retry-After": "1"})
    with ScriptedIntake([wait]).running() as scripted, Client(scripted.url, flush_seconds=0.01) as client:
        ids = [str(client.track("view", shopper=guest(), product_id=1)) for _ in range(2)]
        assert client.flush()
        begun = scripted.requests[0].arrived
        assert all(request.arrived - begun >= 1 for request in scripted.requests[1:])
        assert {event_id for request in scripted.requests[1:] for event_id in request.ids} == set(ids)


def test_a_refused_batch_is_halved_until_the_refused_event_is_alone() -> None:
    replies = [Reply(413), Reply(202), Reply(413), Reply(400, code="invalid_input")]
    refused: list[str] = []
    with ScriptedIntake(replies).running() as scripted:
        client = Client(
            scripted.url, flush_seconds=600, on_refused=lambda event, reason: refused.append(reason)
        )
        shopper = guest()
        ids = [str(client.track("view", shopper=shopper, product_id=number)) for number in range(1, 5)]
        client.close()
    assert [request.ids for request in scripted.requests] == [ids, ids[:2], ids[2:], ids[2:3], ids[3:]]
    assert refused == ["status 400 invalid_input"]
    assert client.pending == 0


@pytest.mark.parametrize("durable", [False, True], ids=["memory", "file"])
def test_the_oldest_events_are_dropped_if_there_are_too_many_or_they_are_too_old(
    tmp_path: Path, durable: bool
) -> None:
    file = tmp_path / "queue.sqlite3" if durable else None
    with ScriptedIntake([]).running() as scripted:
        client = Client(scripted.url, path=file, max_queue=3, flush_seconds=600)
        old = datetime.now(UTC) - timedelta(days=7, minutes=1)
        ids = [str(client.track("view", product_id=1, occurred_at=old))]
        ids += [str(client.track("view", product_id=1)) for _ in range(2)]
        assert client.dropped == 0
        assert client.flush()
        assert (client.dropped, scripted.requests[0].ids) == (1, ids[1:])
        scripted.replies = [Reply(503, {"Retry-After": "600"})]
        client.track("view", product_id=2)
        assert not client.flush(timeout=0.2)
        for _ in range(3):
            client.track("view", product_id=2)
        assert (client.dropped, client.pending) == (2, 3)
        client.close(timeout=0.01)
        assert (client.dropped, client.pending) == (2 if durable else 5, 3)


def test_what_is_no_event_is_refused_at_once() -> None:
    client = Client(f"http://127.0.0.1:{free_port()}/")
    with pytest.raises(TypeError, match="object"):
        client.track("view", product_id=object())
    with pytest.raises(ValueError, match="time zone"):
        client.track("view", product_id=1, occurred_at=datetime(2026, 1, 1))  # noqa: DTZ001 - refused
    client.close()
    with pytest.raises(ValueError, match="closed"):
        client.track("view", product_id=1)
