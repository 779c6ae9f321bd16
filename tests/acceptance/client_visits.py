"""Batches of events that browsers and a crawler send, and the same events for the expected sessions.

Written with only the standard library. Times are milliseconds since 1970.
"""

import random
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.acceptance.random_visits import DAY, MINUTE, PAUSE, Happened, Shop

TYPES = ("page_view", "view", "click", "cart_add", "cart_remove", "search", "checkout")
WITH_PRODUCT = ("view", "click", "cart_add", "cart_remove")
AGENTS = {
    "desktop": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "mobile": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
    "other": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
}
"""A User-Agent of each class of device; the last is a crawler's."""
BATCHES_OF_A_GUEST, DAYS = 2.5, 5


@dataclass(frozen=True)
class Batch:
    """The events of one request of a guest."""

    guest: uuid.UUID
    device: str
    events: Sequence[Mapping[str, Any]]

    @property
    def body(self) -> dict[str, Any]:
        """What the client sends."""
        return {"anonymous_id": str(self.guest), "events": self.events}

    @property
    def headers(self) -> dict[str, str]:
        """The header by which the client is known."""
        return {"User-Agent": AGENTS[self.device]}


def batches(*, number: int, size: int, now: datetime) -> list[Batch]:
    """Return this many batches of events of the last days, each event with its own id, in a random order."""
    rng = random.Random(7)
    guests = [
        (uuid.UUID(int=rng.getrandbits(128), version=4), rng.choice(list(AGENTS)))
        for _ in range(int(number / BATCHES_OF_A_GUEST))
    ]
    last = int(now.timestamp() * 1_000)
    return [
        Batch(guest, device, _events(rng, size=size, last=last))
        for guest, device in (rng.choice(guests) for _ in range(number))
    ]


def _events(rng: random.Random, *, size: int, last: int) -> list[dict[str, Any]]:
    """Return events of several visits, with pauses around the one that ends a session."""
    events = []
    at = last
    for _ in range(size):
        at += rng.choice(
            [0, 1, rng.randint(1, MINUTE), rng.randint(1, PAUSE), PAUSE - 1, PAUSE, rng.randint(PAUSE, DAY)]
        )
        if at >= last:
            at = last - rng.randint(1, DAYS * DAY)
        events.append(_event(rng, at=at))
    rng.shuffle(events)
    return events


def _event(rng: random.Random, *, at: int) -> dict[str, Any]:
    kind = rng.choice(TYPES)
    random_bits = rng.getrandbits(12) << 64 | 2 << 62 | rng.getrandbits(62)
    event: dict[str, Any] = {"event_id": str(uuid.UUID(int=at << 80 | 7 << 76 | random_bits)), "type": kind}
    if kind in WITH_PRODUCT:
        event["product_id"] = rng.randint(1, 500)
    match kind:
        case "cart_add" | "cart_remove":
            event |= {"variant_id": 1, "quantity": rng.randint(1, 5)}
        case "page_view":
            referrer, source = rng.choice([("", ""), ("https://www.a.example/x", ""), ("", "mail")])
            event |= {"path": f"/{rng.randint(1, 4)}", "referrer": referrer, "source": source}
            event["campaign"] = rng.choice(["", "spring"])
        case "search":
            event["query"] = "lamp"
        case "checkout":
            event["step"] = "address"
    return event


def _milliseconds(event: Mapping[str, Any]) -> int:
    return uuid.UUID(event["event_id"]).int >> 80


def counts(sent: Sequence[Batch]) -> dict[tuple[str, str, int], int]:
    """Return the number of events by UTC day, type and product, which is 0 without one."""
    return dict(
        Counter(
            (
                f"{datetime.fromtimestamp(_milliseconds(event) / 1_000, tz=UTC):%Y-%m-%d}",
                event["type"],
                event.get("product_id", 0),
            )
            for batch in sent
            for event in batch.events
        )
    )


def visited(sent: Sequence[Batch]) -> Shop:
    """Return the shop that these batches describe."""
    return Shop(
        events=[
            Happened(
                uuid.UUID(event["event_id"]),
                _milliseconds(event),
                batch.guest,
                event["type"],
                fields=event,
                device=batch.device,
                is_bot=batch.device == "other",
            )
            for batch in sent
            for event in batch.events
        ]
    )
