"""Endpoints, a clock that a test sets, and a client whose answers a test chooses."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from backend.accounts.models import User
from backend.webhooks.client import Response
from backend.webhooks.errors import NotSent
from backend.webhooks.event_types import types_for
from backend.webhooks.models import WebhookEndpoint, WebhookEvent
from backend.webhooks.recording import NewEvent, record_events
from backend.webhooks.sending import Sender, recover
from backend.webhooks.signatures import set_new_secret
from backend.webhooks.wanted import Wanted
from tests.backend.shop import NOW

BEFORE = NOW - timedelta(days=1)


@dataclass
class Clock:
    """A clock that a test sets."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **time: float) -> None:
        self.now += timedelta(**time)


Answer = Callable[[], Response]


def answer(status: int, *, retry_after: str = "", body: bytes = b"") -> Answer:
    return lambda: Response(status=status, retry_after=retry_after, body=body)


def broken() -> Response:
    raise NotSent("No response within 15 seconds.")


@dataclass
class FakeClient:
    """A client without a network; `answers` are by URL, and the default is 200."""

    answers: dict[str, Answer] = field(default_factory=dict)
    sent: list[tuple[str, bytes, Mapping[str, str]]] = field(default_factory=list)

    def post(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> Response:
        self.sent.append((url, body, headers))
        return self.answers.get(url, answer(200))()


@dataclass
class Sending:
    """A sender with a fake client."""

    clock: Clock
    client: FakeClient
    threads: int = 8

    @property
    def sender(self) -> Sender:
        return Sender(self.clock, self.client, threads=self.threads, rng=Random(1))

    def all_due(self) -> int:
        """Send everything that is due; return how many were acknowledged."""
        acknowledged = 0
        recover(now=self.clock())
        while (delivery := self.sender.claim()) is not None:
            acknowledged += self.sender.send(delivery)
        return acknowledged


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sending(clock: Clock) -> Sending:
    return Sending(clock, FakeClient())


def endpoint(
    url: str = "https://a.example/", *, seller: User | None = None, types: Sequence[str] = (), **fields: Any
) -> WebhookEndpoint:
    """Return an endpoint that existed the day before, for all types unless some are given."""
    row = WebhookEndpoint(
        url=url,
        seller=seller,
        event_types=list(types) or types_for(is_seller=seller is not None),
        **{"created_at": BEFORE, "updated_at": BEFORE, **fields},
    )
    set_new_secret(row)
    row.save()
    return row


def event(number: int, *, of: str = "order:1", at: datetime = NOW, name: str = "order.placed") -> None:
    """Record an event of the shop, with deliveries to its endpoints."""
    new = NewEvent(
        type=name,
        source=f"test:{number}",
        object=of,
        scope=None,
        occurred_at=at,
        data={"number": number},
    )
    record_events([new], wanted=Wanted.read(), now=at)


def numbers(client: FakeClient) -> list[int]:
    """Return the numbers of the events that were sent, in their order."""
    ids = [headers["webhook-id"] for _, _, headers in client.sent]
    rows = {row.webhook_id: row.data["number"] for row in WebhookEvent.objects.all()}
    return [rows[each] for each in ids]
