"""A storefront's events: searches, clicks, views and carts, with sessions and exposures."""

import json
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from analytics_pipeline import uuid7
from analytics_pipeline.events import AnyEvent
from analytics_pipeline.stream import Batch

SHOPPER = UUID("0190f3c2-0000-7000-8000-00000000abcd")


def events(count: int, *, chance: random.Random, hours: float = 1.0) -> Iterator[dict[str, Any]]:
    """Yield events of the last hours as a client would send them."""
    now = int(time.time() * 1_000)
    for _ in range(count):
        at = now - int(chance.random() * hours * 3_600_000)
        common = {
            "event_id": str(_id(at, chance=chance)),
            "session_id": str(_id(at, chance=chance)),
            "exposure_id": str(_id(at - 1_000, chance=chance)),
        }
        product = {"product_id": chance.randint(1, 5_000)}
        kinds: tuple[dict[str, Any], ...] = (
            {"type": "search", "query": chance.choice(("brass lamp", "linen shirt", "rød vase"))},
            {"type": "click", **product, "position": chance.randint(1, 24)},
            {"type": "view", **product},
            {"type": "view", **product},
            {"type": "cart_add", **product, "variant_id": chance.randint(1, 9_000), "quantity": 2},
        )
        yield common | chance.choice(kinds)


def batch(size: int, *, chance: random.Random) -> Batch:
    """Return events of the last two days as they are appended to the stream."""
    sent = json.dumps(list(events(size, chance=chance, hours=48))).encode()
    return Batch(
        arrived_at=datetime.now(UTC),
        shopper_key=SHOPPER,
        events=tuple(msgspec.json.decode(sent, type=list[AnyEvent])),
    )


def _id(milliseconds: int, *, chance: random.Random) -> UUID:
    return uuid7.make(milliseconds, tail=chance.randbytes(10))
