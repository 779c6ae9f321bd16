"""How many guests of one address may send events, and which addresses are one."""

from uuid import UUID, uuid4

import pytest
import redis
from rest_framework.test import APIClient

from analytics_pipeline.stream import Stream
from backend.api.throttles import EventsThrottle, GuestsLongerThrottle, GuestsThrottle
from tests.backend.tracking.conftest import batches, send, view

pytestmark = pytest.mark.django_db

FIRST, SECOND, THIRD, FOURTH = (uuid4() for _ in range(4))


@pytest.fixture
def limited(monkeypatch: pytest.MonkeyPatch, redis_url: str) -> redis.Redis:
    """Allow two guests a minute and three an hour for each address; return the stream's server."""
    monkeypatch.setattr(GuestsThrottle, "rate", "2/minute", raising=False)
    monkeypatch.setattr(GuestsLongerThrottle, "rate", "3/hour", raising=False)
    server = redis.Redis.from_url(redis_url)
    for key in server.scan_iter("vitrine:throttle_*"):
        server.delete(key)
    return server


def status(guest: UUID | None, *, address: str = "192.0.2.1", in_body: bool = False) -> int:
    """Send an event as this guest and return the status."""
    body = {"events": [view()]} | ({"anonymous_id": str(guest)} if in_body else {})
    headers = {"X-Anonymous-Id": str(guest)} if guest and not in_body else {}
    response = APIClient().post("/api/events/", body, format="json", headers=headers, REMOTE_ADDR=address)
    if response.status_code == 429:
        error = response.json()
        assert error["code"] == "too_many_new_guests"
        assert int(response.headers["Retry-After"]) == error["details"]["retry_after"] >= 1
    return int(response.status_code)


@pytest.mark.usefixtures("limited")
def test_new_guests_beyond_the_limit_are_refused_and_known_ones_and_other_addresses_go_on(
    stream: Stream,
) -> None:
    assert [status(FIRST), status(SECOND, in_body=True)] == [202, 202]
    assert [status(THIRD), status(THIRD, in_body=True)] == [429, 429]
    assert [status(FIRST), status(SECOND), status(None)] == [202, 202, 202]
    assert status(THIRD, address="192.0.2.2") == 202
    assert len(batches(stream)) == 6


def test_the_longer_limit_counts_admissions_and_ends_with_its_window(
    limited: redis.Redis, stream: Stream
) -> None:
    key = "vitrine:throttle_guests_192.0.2.1"
    assert [status(FIRST), status(SECOND)] == [202, 202]
    assert 0 < limited.pttl(f"{key}:guests") <= 60_000 < limited.pttl(f"{key}:admissions") <= 3_600_000
    limited.delete(f"{key}:guests")
    assert [status(THIRD), status(FOURTH)] == [202, 429]
    limited.delete(f"{key}:admissions")
    assert status(FOURTH) == 202


def test_guests_of_one_ipv6_network_are_counted_together_in_little_memory(
    limited: redis.Redis, stream: Stream
) -> None:
    assert [status(FIRST, address="2001:db8::1"), status(SECOND, address="2001:db8::2")] == [202, 202]
    assert status(THIRD, address="2001:db8::3") == 429
    assert status(THIRD, address="2001:db8:0:1::1") == 202
    assert limited.object("ENCODING", "vitrine:throttle_guests_2001:db8::/64:guests") == b"intset"
    (guests, *_) = [batch.source_key for batch in batches(stream)]
    assert guests


@pytest.mark.usefixtures("limited")
def test_accounts_and_invalid_batches_are_no_guests(stream: Stream, django_user_model: type) -> None:
    assert [status(FIRST), status(SECOND)] == [202, 202]
    client = APIClient(headers={"X-Anonymous-Id": str(THIRD)}, REMOTE_ADDR="192.0.2.1")
    assert send(client, {"type": "dance"}).status_code == 429
    client.force_authenticate(django_user_model.objects.create(phone="+15550000009"))  # type: ignore[attr-defined]
    assert send(client, view()).status_code == 202


@pytest.mark.parametrize("address", ["2001:db8:9::1", "::ffff:192.0.2.1"])
def test_requests_are_counted_by_the_network_of_an_ipv6_address(
    monkeypatch: pytest.MonkeyPatch, limited: redis.Redis, stream: Stream, address: str
) -> None:
    monkeypatch.setattr(EventsThrottle, "rate", "1/minute", raising=False)
    neighbour = {"2001:db8:9::1": "2001:db8:9::ffff", "::ffff:192.0.2.1": "192.0.2.1"}[address]
    assert status(None, address=address) == 202
    response = APIClient().post("/api/events/", {"events": [view()]}, format="json", REMOTE_ADDR=neighbour)
    assert (response.status_code, response.json()["code"]) == (429, "throttled")
