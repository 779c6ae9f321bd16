"""An empty stream with an unused quota of refused events, and functions that send a shopper's events."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from rest_framework.test import APIClient
from uuid_utils.compat import uuid7

from analytics_pipeline.stream import Batch, Stream, decode
from backend.engines import streams
from tests.services.quota import reset_quota

GUEST = UUID("0190f3c2-0000-7000-8000-00000000abcd")


@pytest.fixture
def stream(redis_url: str) -> Iterator[Stream]:
    stream = streams.stream()
    stream.delete()
    reset_quota(redis_url)
    yield stream
    stream.delete()


@pytest.fixture
def guest() -> APIClient:
    return APIClient(headers={"X-Anonymous-Id": str(GUEST)})


def view(**fields: object) -> dict[str, object]:
    """Return a view of product 7, with other fields as given."""
    return {"event_id": str(uuid7()), "type": "view", "product_id": 7, **fields}


def send(client: APIClient, *events: object) -> Any:
    """Send a batch of events."""
    return client.post("/api/events/", {"events": list(events)}, format="json")


def batches(stream: Stream) -> list[Batch]:
    """Read all batches from the stream."""
    stream.open()
    entries = stream.take(count=100, block_seconds=0.001)
    return [decode(entry.payload or b"") for entry in entries]
