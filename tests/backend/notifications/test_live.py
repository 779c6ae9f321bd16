"""Live events: what each connection receives, reconnecting without loss, and the limits of connections."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote, unquote
from uuid import uuid4

import orjson
import pytest
import redis
from django.utils import timezone

from analytics_pipeline.settings import PipelineSettings
from backend.accounts.models import Session
from backend.accounts.sessions import begin_session
from backend.config.web.application import Web
from backend.config.web.gateway import Environ
from backend.config.web.live import Live
from backend.config.web.protocol import Message
from backend.config.web.threads import Threads
from backend.notifications.live import hub as hubs
from backend.notifications.live.errors import LiveUnavailable
from backend.notifications.live.events import events_of
from backend.notifications.live.feed import Feed, LiveEvent
from backend.notifications.live.grants import HEADER, Grant
from backend.notifications.live.hub import Hub
from backend.notifications.models import InboxMessage
from backend.notifications.subscribers import LiveEvents
from backend.outbox.models import Message as OutboxMessage
from backend.outbox.subscribers import Notice
from backend.outbox.topics import Topic
from tests.backend import shop
from tests.backend.orders.steps import order_of
from tests.backend.shop import NOW
from tests.backend.together import DEADLINE_SECONDS

pytestmark = pytest.mark.stores


class LiveShop:
    """A feed with a key of its own, and a web application whose view grants what a test asks for."""

    def __init__(self, url: str, **limits: Any) -> None:
        self.url, self.key, self.ended = url, f"test:live:{uuid4()}", set[str]()
        self.settings = PipelineSettings.from_env({"REDIS_URL": url})
        self.feed = Feed(self.settings, key=self.key)
        self.hub = Hub(lambda: self.url, ended=self._ended, key=self.key, check_seconds=0.01, **limits)
        self.web = Web(
            self._view,
            refusing=self._view,
            threads=Threads("t", threads=1, queue=9, wait_seconds=9, run_seconds=9),
            live=Live(self.hub, heartbeat_seconds=0.05),
        )

    async def _ended(self, sessions: Collection[str]) -> Collection[str]:
        return self.ended & set(sessions)

    def _view(self, environ: Environ, start_response: Callable[..., Any]) -> list[bytes]:
        refusal = environ.get("vitrine.refusal")
        if refusal is not None:
            start_response(f"{refusal.status} Refused", [("Content-Type", "application/json")])
            return [refusal.code.encode()]
        start_response("200 OK", [("X-Request-ID", "7"), (HEADER, unquote(environ["QUERY_STRING"]))])
        return [b"{}"]

    def tell(self, *numbers: int, target: str = "user:1") -> None:
        self.feed.append(LiveEvent(target, "order", {"number": number}) for number in numbers)

    @asynccontextmanager
    async def connected(self, **grant: Any) -> AsyncIterator["Reader"]:
        defaults = {"targets": frozenset({"user:1"}), "client": "user:1"}
        granted = quote(Grant(**{**defaults, **grant}).written()).encode()
        reader = Reader()
        task = asyncio.create_task(self.web({**SCOPE, "query_string": granted}, reader.receive, reader.send))
        try:
            yield reader
        finally:
            reader.gone.set()
            await asyncio.wait_for(task, DEADLINE_SECONDS)


SCOPE = {
    "type": "http",
    "method": "GET",
    "path": "/api/live/",
    "query_string": b"",
    "http_version": "1.1",
    "scheme": "http",
    "headers": [],
}


class Reader:
    """A client of server-sent events."""

    def __init__(self) -> None:
        self.gone = asyncio.Event()
        self.status, self.headers, self.last_id = 0, dict[bytes, bytes](), ""
        self.refusal = b""
        self._events: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()

    async def receive(self) -> Message:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], dict(message["headers"])
            return
        if self.status != 200:
            self.refusal += message["body"]
        for block in message["body"].decode().split("\n\n"):
            fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
            if "id" in fields and self.status == 200:
                await self._events.put((fields.get("event", ""), orjson.loads(fields.get("data", "{}"))))
                self.last_id = fields["id"]
        if not message.get("more_body", False):
            await self._events.put(("end", None))

    async def next(self) -> tuple[str, Any]:
        """Return the next event that is no heartbeat."""
        while True:
            name, data = await asyncio.wait_for(self._events.get(), DEADLINE_SECONDS)
            if name:
                return name, data

    async def numbers(self, count: int) -> list[int]:
        return [(await self.next())[1]["number"] for _ in range(count)]


@pytest.fixture
def live_shop(redis_url: str) -> Any:
    made: list[LiveShop] = []

    def make(**limits: Any) -> LiveShop:
        made.append(LiveShop(redis_url, **limits))
        return made[-1]

    yield make
    for each in made:
        with redis.Redis.from_url(redis_url) as client:
            client.delete(each.key)


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    async def to_the_end() -> None:
        await scenario()
        # The hub's tasks close their connections when they are cancelled.
        if others := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(others, timeout=DEADLINE_SECONDS)

    asyncio.run(to_the_end())


def test_a_connection_receives_its_own_events_in_their_order(live_shop: Any) -> None:
    shop = live_shop()

    async def scenario() -> None:
        async with shop.connected() as ann, shop.connected(targets=frozenset({"product:2"})) as guest:
            assert [await ann.next(), await guest.next()] == [("ready", {})] * 2
            shop.tell(1, 2)
            shop.tell(7, target="product:2")
            shop.tell(3)
            assert await ann.numbers(3) == [1, 2, 3]
            assert await guest.numbers(1) == [7]
            assert ann.headers[b"Content-Type"] == b"text/event-stream; charset=utf-8"
            assert ann.headers[b"X-Request-ID"] == b"7"
            assert HEADER.encode() not in ann.headers
        assert not shop.hub._tasks

    run(scenario)


def test_a_client_that_reconnects_misses_nothing(live_shop: Any) -> None:
    shop = live_shop()

    async def scenario() -> None:
        shop.tell(0)
        received: list[int] = []
        async with shop.connected() as ann:
            assert await ann.next() == ("ready", {})
            shop.tell(1)
            received += await ann.numbers(1)
            last = ann.last_id
        for number in range(2, 20):
            shop.tell(number, number + 100)
            shop.tell(999, target="user:2")
            async with shop.connected(after=last) as ann:
                received += await ann.numbers(2)
                assert await ann.next() == ("ready", {})
                last = ann.last_id
        assert received == [1, *(value for number in range(2, 20) for value in (number, number + 100))]

    run(scenario)


def test_events_while_a_client_catches_up_come_once(live_shop: Any) -> None:
    shop = live_shop()

    async def scenario() -> None:
        shop.tell(0)
        async with shop.connected(client="other") as other:
            await other.next()
            start = other.last_id
            telling = asyncio.create_task(
                asyncio.to_thread(lambda: [shop.tell(number) for number in range(300)])
            )
            for _ in range(5):
                async with shop.connected(after=start) as ann:
                    names = [await ann.next() for _ in range(301)]
                    assert [data["number"] for name, data in names if name == "order"] == list(range(300))
            await telling

    run(scenario)


def test_heartbeats_move_the_id_so_that_events_of_others_are_not_caught_up(live_shop: Any) -> None:
    shop = live_shop()

    async def scenario() -> None:
        async with shop.connected() as ann, shop.connected(targets=frozenset({"user:2"})) as bob:
            await ann.next()
            await bob.next()
            before = ann.last_id
            shop.tell(1, target="user:2")
            await bob.numbers(1)
            while ann.last_id == before:
                name, _ = await asyncio.wait_for(ann._events.get(), DEADLINE_SECONDS)
                assert name == ""
            assert ann.last_id == bob.last_id

    run(scenario)


@pytest.mark.parametrize(
    "after", ["0-1", "99999999999999999-0", "nonsense"], ids=["dropped", "lost", "malformed"]
)
def test_a_client_whose_last_event_is_unknown_is_told_to_reset(live_shop: Any, after: str) -> None:
    shop = live_shop()

    async def scenario() -> None:
        shop.tell(1)
        async with shop.connected(after=after) as ann:
            assert await ann.next() == ("reset", {})
            shop.tell(2)
            assert await ann.numbers(1) == [2]

    run(scenario)


def test_a_client_that_missed_too_much_is_told_to_reset(
    live_shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hubs, "CATCH_UP", 3)
    shop = live_shop()

    async def scenario() -> None:
        shop.tell(0)
        async with shop.connected() as ann:
            await ann.next()
        shop.tell(1, 2, 3, 4)
        async with shop.connected(after=ann.last_id) as again:
            assert await again.next() == ("reset", {})

    run(scenario)


def test_connections_are_limited_by_client_and_by_process(live_shop: Any) -> None:
    shop = live_shop(most=3, most_of_client=2)

    async def scenario() -> None:
        async with shop.connected() as first, shop.connected() as second:
            await first.next()
            await second.next()
            async with shop.connected() as third:
                assert (await third.next(), third.status) == (("end", None), 429)
                assert third.refusal == b"too_many_live_connections"
            async with shop.connected(client="address:192.0.2.1") as guest:
                assert await guest.next() == ("ready", {})
                async with shop.connected(client="address:192.0.2.2") as fourth:
                    assert (await fourth.next(), fourth.status) == (("end", None), 429)
        async with shop.connected() as again:
            assert await again.next() == ("ready", {})

    run(scenario)


def test_a_connection_ends_with_its_session(live_shop: Any) -> None:
    shop = live_shop()

    async def scenario() -> None:
        async with shop.connected(session="a") as ann, shop.connected(session="b") as bob:
            await ann.next()
            await bob.next()
            shop.ended.add("a")
            assert await ann.next() == ("end", None)
            shop.tell(1)
            assert await bob.numbers(1) == [1]

    run(scenario)


def test_a_client_that_reads_too_slowly_is_disconnected(
    live_shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hubs, "QUEUED", 2)
    shop = live_shop()

    async def scenario() -> None:
        subscription, _ = await shop.hub.subscribe(Grant(targets=frozenset({"user:1"}), client="user:1"))
        shop.tell(*range(5))
        while True:
            entry = await asyncio.wait_for(subscription.queue.get(), DEADLINE_SECONDS)
            if entry is None:
                break
            subscription.queue.put_nowait(entry)
        shop.hub.unsubscribe(subscription)

    run(scenario)


def test_without_redis_a_connection_is_refused(live_shop: Any) -> None:
    shop = live_shop()
    shop.url = "redis://127.0.0.1:1"

    async def scenario() -> None:
        with pytest.raises(LiveUnavailable):
            await shop.hub.subscribe(Grant(targets=frozenset({"user:1"}), client="user:1"))
        assert not shop.hub._subscriptions

    run(scenario)


@pytest.mark.django_db(transaction=True)
def test_what_is_told_is_of_the_customer_and_the_product(live_shop: Any, redis_url: str) -> None:
    user, lamp = shop.customer(), shop.variant(stock=5)
    order = order_of(user, {lamp.pk: 2})
    message = InboxMessage.objects.create(
        user=user, message_id="1", kind="shipment", title="A parcel", created_at=NOW
    )
    rows = OutboxMessage.objects.filter(topic__in=[Topic.ORDER_STEP, Topic.PRODUCT]).order_by("pk")
    notices = [Notice(Topic.INBOX_MESSAGE, str(message.pk))]
    notices += [
        Notice(topic, row.key)
        for row in rows
        for topic in (Topic.ORDER_STEP, Topic.PRODUCT)
        if topic == row.topic
    ]

    told = list(events_of(notices))

    assert [(each.target, each.name) for each in told if each.name != "stock"] == [
        (f"user:{user.pk}", "order"),
        (f"user:{user.pk}", "order"),
        (f"user:{user.pk}", "notification"),
    ]
    assert [each.data["status"] for each in told[:2]] == ["PENDING", "CONFIRMED"]
    assert told[0].data["order_number"] == order.order_number
    (stock,) = [each for each in told if each.target == f"product:{lamp.product_id}"]
    assert stock.data["variants"] == [{"variant_id": lamp.pk, "available": 3}]

    feed = live_shop().feed
    LiveEvents(feed).handle(notices)
    with redis.Redis.from_url(redis_url) as client:
        assert client.xlen(feed._key) == len(told)


@pytest.mark.django_db
def test_guests_watch_products_only() -> None:
    client, ann = shop.client_of(), shop.customer()
    assert client.get("/api/live/").status_code == 401
    grant = Grant.read(client.get("/api/live/?products=3,4", headers={"Accept": "text/event-stream"})[HEADER])
    assert (set(grant.targets), grant.session) == ({"product:3", "product:4"}, "")
    token = begin_session(ann, now=timezone.now()).access_token
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    own = Grant.read(client.get("/api/live/", headers={"Last-Event-ID": "5-0"})[HEADER])
    assert (set(own.targets), own.client, own.after) == ({f"user:{ann.pk}"}, f"user:{ann.pk}", "5-0")
    assert own.session == str(Session.objects.get(user=ann).pk)
    assert client.get("/api/live/?products=3,x").status_code == 400


@pytest.mark.parametrize("text", ["\N{SNOWMAN}", "\xe9", "x" * 50, "0-0"])
def test_a_grant_is_read_as_it_was_written_whatever_a_client_sent(text: str) -> None:
    grant = Grant(targets=frozenset({"product:1"}), client="address:1", after=text)
    written = grant.written()
    assert written.isascii()
    assert Grant.read(written.encode("ascii")) == grant


@pytest.mark.django_db
def test_what_a_view_grants_to_guests() -> None:
    clients = set()
    for number in range(3):
        client = shop.client_of()
        response = client.get("/api/live/?products=1", REMOTE_ADDR=f"2001:db8::{number}")
        clients.add(Grant.read(response[HEADER]).client)
    assert len(clients) == 1, "one network is one client"
    assert HEADER not in shop.client_of().head("/api/live/?products=1")


@pytest.mark.django_db
def test_the_stock_of_an_unlisted_product_is_not_told() -> None:
    lamp = shop.product(stock=7, is_active=False)
    assert list(events_of([Notice(Topic.PRODUCT, str(lamp.pk))])) == []
