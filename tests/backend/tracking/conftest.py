"""An empty stream with an unused quota of refused events, and a shopper's requests."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from rest_framework.test import APIClient

from analytics_pipeline.stream import Stream
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
