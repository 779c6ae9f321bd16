"""POST /api/events/: what is accepted, what is refused, and where it is stored."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
import redis
from rest_framework.test import APIClient
from uuid_utils.compat import uuid7

from analytics_pipeline import embedded
from analytics_pipeline.refused_quota import ADDRESS_BYTES
from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.stream import Refusal, Stream
from analytics_pipeline.validation import Fault
from backend.api.throttles import EventsThrottle
from backend.config.engines import cache_url
from backend.engines import streams
from backend.tracking.services import REFUSED_NOT_KEPT
from tests.backend.tracking.conftest import GUEST, batches, send, view

pytestmark = pytest.mark.django_db


def test_a_guests_events_are_accepted_and_one_request_is_one_entry(guest: APIClient, stream: Stream) -> None:
    response = send(guest, view(), view(type="cart_add", quantity=2), view(exposure_id=str(uuid7())))
    assert response.status_code == 202
    assert response.json()["data"] == {"accepted": 3, "refused": [], "tracked": True}
    (batch,) = batches(stream)
    assert batch.shopper_key == GUEST
    assert [event.type for event in batch.events] == ["view", "cart_add", "view"]


def test_what_the_request_says_about_the_client_is_kept_with_its_events(stream: Stream) -> None:
    phone = {
        "User-Agent": "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36"
    }
    for headers in (
        {**phone, "Sec-CH-UA-Mobile": "?1", "Sec-CH-UA-Platform": '"Android"'},
        {
            **phone,
            "Sec-CH-UA-Mobile": "?0",
            "Sec-CH-UA-Platform": '"Android"',
            "X-Tracking-Consent": "granted",
        },
        {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
    ):
        assert send(APIClient(headers=headers), view()).json()["data"]["accepted"] == 1
    assert [(batch.device, batch.is_bot, batch.consent) for batch in batches(stream)] == [
        ("mobile", False, "unknown"),
        ("tablet", False, "granted"),
        ("other", True, "unknown"),
    ]


def test_an_accounts_events_have_its_shopper_key_and_not_the_guests(
    guest: APIClient, stream: Stream, django_user_model: Any
) -> None:
    user = django_user_model.objects.create(phone="+15550000001")
    guest.force_authenticate(user)
    assert send(guest, view()).status_code == 202
    assert [batch.shopper_key for batch in batches(stream)] == [user.shopper_key]


def test_valid_events_are_accepted_and_invalid_ones_are_reported_with_reasons(
    guest: APIClient, stream: Stream
) -> None:
    v4 = view(event_id=str(uuid4()))
    old = view(event_id="018bcfe5-6800-7000-8000-000000000001")
    invalid = [
        view(product_id=-1),
        view(quantity=3),
        v4,
        old,
        {"type": "dance"},
        "nothing",
        view(exposure_id="17"),
        {"event_id": str(uuid7()), "type": "order", "product_id": 7},
        {"event_id": str(uuid7()), "type": "exposure", "surface": "search", "product_ids": [1]},
    ]
    response = send(guest, view(), *invalid)
    assert response.status_code == 202
    data = response.json()["data"]
    assert data["accepted"] == 1
    reasons = {refused["index"]: refused["reason"] for refused in data["refused"]}
    assert reasons == {
        1: "product_id: Expected `int` >= 1",
        2: "quantity: unknown field",
        3: "event_id: not a UUIDv7",
        4: "event_id: its time is more than 7 days before its arrival",
        5: "type: Invalid value 'dance'",
        6: "Expected `object`, got `str`",
        7: "exposure_id: Invalid UUID",
        8: "type: 'order' events can be sent by the server only",
        9: "type: 'exposure' events can be sent by the server only",
    }
    (batch,) = batches(stream)
    assert (len(batch.events), len(batch.refused)) == (1, 9)


def test_a_malformed_anonymous_id_is_a_400(stream: Stream) -> None:
    assert send(APIClient(headers={"X-Anonymous-Id": "me"}), view()).status_code == 400


def test_the_anonymous_id_can_be_in_the_body(stream: Stream) -> None:
    body = {"events": [view()], "anonymous_id": str(GUEST)}
    assert APIClient().post("/api/events/", body, format="json").status_code == 202
    assert [batch.shopper_key for batch in batches(stream)] == [GUEST]


def test_the_header_and_the_body_must_name_the_same_guest(guest: APIClient, stream: Stream) -> None:
    same = guest.post("/api/events/", {"events": [view()], "anonymous_id": str(GUEST)}, format="json")
    assert same.status_code == 202
    other = guest.post("/api/events/", {"events": [view()], "anonymous_id": str(uuid4())}, format="json")
    assert other.status_code == 400
    assert set(other.json()["details"]) == {"X-Anonymous-Id", "anonymous_id"}
    nil = APIClient().post(
        "/api/events/", {"events": [view()], "anonymous_id": str(UUID(int=0))}, format="json"
    )
    assert (nil.status_code, set(nil.json()["details"])) == (400, {"anonymous_id"})
    assert len(batches(stream)) == 1


def test_an_accounts_events_ignore_the_guest_in_the_body(stream: Stream, django_user_model: Any) -> None:
    client = APIClient()
    user = django_user_model.objects.create(phone="+15550000002")
    client.force_authenticate(user)
    client.post("/api/events/", {"events": [view()], "anonymous_id": str(GUEST)}, format="json")
    assert [batch.shopper_key for batch in batches(stream)] == [user.shopper_key]


def test_refused_events_beyond_the_quota_are_reported_and_counted_but_not_kept(
    guest: APIClient, stream: Stream
) -> None:
    invalid = [{"type": "x" * 1_500}] * 100
    before = REFUSED_NOT_KEPT._value.get()
    responses = [send(guest, view(), *invalid).json()["data"] for _ in range(3)]
    assert [(one["accepted"], len(one["refused"])) for one in responses] == [(1, 100)] * 3
    stored = batches(stream)
    kept = [batch.refused for batch in stored]
    assert sum(len(refused.payload) for batch in kept for refused in batch) <= ADDRESS_BYTES
    assert REFUSED_NOT_KEPT._value.get() > before
    counted = Refusal(type="", fault=Fault.INVALID_VALUE, events=100)
    assert [batch.refusals for batch in stored] == [(counted,)] * 3


@pytest.fixture
def two_per_minute(monkeypatch: pytest.MonkeyPatch, redis_url: str) -> None:
    """Allow each guest's address two batches per minute."""
    monkeypatch.setattr(EventsThrottle, "rate", "2/minute", raising=False)
    with redis.Redis.from_url(redis_url) as server:
        for key in server.scan_iter("vitrine:throttle_events_*"):
            server.delete(key)


@pytest.mark.usefixtures("two_per_minute")
@pytest.mark.parametrize("event", [{"type": "dance"}, view()], ids=["invalid", "valid"])
def test_a_batch_beyond_the_rate_is_a_429_and_stores_nothing(
    guest: APIClient, stream: Stream, event: dict[str, object]
) -> None:
    responses = [send(guest, event) for _ in range(3)]
    assert [response.status_code for response in responses] == [202, 202, 429]
    assert 1 <= int(responses[2].headers["Retry-After"]) <= 60
    assert len(batches(stream)) == 2


@pytest.mark.usefixtures("two_per_minute")
def test_each_account_has_its_own_rate(guest: APIClient, stream: Stream, django_user_model: Any) -> None:
    assert [send(guest, view()).status_code for _ in range(3)] == [202, 202, 429]
    guest.force_authenticate(django_user_model.objects.create(phone="+15550000003"))
    assert send(guest, view()).status_code == 202


def test_a_batch_is_one_round_trip_to_the_stream_and_none_to_the_cache(
    guest: APIClient, stream: Stream, redis_url: str
) -> None:
    send(guest, view())
    # Other tests use other databases of the same server at the same time.
    databases = {int(urlsplit(url).path[1:]) for url in (redis_url, cache_url())}

    with redis.Redis.from_url(redis_url) as server, server.monitor() as monitor:
        assert send(guest, view()).status_code == 202
        server.echo("end")
        seen = list(iter(lambda: _name_of_next(monitor, databases), "ECHO"))

    assert seen == ["EVALSHA"]


# A new connection belongs to database 0 until it selects its own.
CONNECTING = {"AUTH", "CLIENT", "HELLO", "SELECT"}


def _name_of_next(monitor: Any, databases: set[int]) -> str:
    """Return the next command for one of the databases, without those of scripts and of new connections."""
    while True:
        command = monitor.next_command()
        name = str(command["command"]).split()[0].upper()
        if command["db"] in databases and command["client_type"] != "lua" and name not in CONNECTING:
            return name


@pytest.fixture
def without_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    """Configure the address of a Redis that doesn't run."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    monkeypatch.setenv("REDIS_URL", f"redis://127.0.0.1:{port}/0")
    _forget_connections()


def _forget_connections() -> None:
    for opened in (streams.stream, streams.recent_products, streams.refused_quota):
        opened.cache_clear()


@pytest.fixture(autouse=True)
def _own_connections() -> Iterator[None]:
    yield
    _forget_connections()


@pytest.mark.usefixtures("without_redis")
def test_without_the_stream_a_batch_is_a_503_with_retry_after(guest: APIClient) -> None:
    response = send(guest, view())
    assert response.status_code == 503
    assert response.headers["Retry-After"]
    assert "error" in response.json()


@pytest.fixture
def own_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Start a Valkey for this test only, so that the test can change its memory limit."""
    settings = PipelineSettings(home=tmp_path)
    with embedded.ensure(settings, embedded.VALKEY):
        url = embedded.redis_url(settings)
        monkeypatch.setenv("REDIS_URL", url)
        _forget_connections()
        yield url


def test_a_full_stream_refuses_batches_and_keeps_its_entries(guest: APIClient, own_server: str) -> None:
    assert send(guest, view()).status_code == 202
    with redis.Redis.from_url(own_server) as server:
        server.config_set("maxmemory", "1")
        assert send(guest, view()).status_code == 503
        assert send(APIClient(), {"type": "dance"}).status_code == 503
        server.config_set("maxmemory", "0")
    assert len(batches(streams.stream())) == 1


def test_the_health_check_reports_the_lag(guest: APIClient, stream: Stream) -> None:
    from backend.tracking import health

    assert health.check()["lag_entries"] == 0
    send(guest, view())
    assert health.check()["lag_entries"] == 1


@pytest.mark.parametrize("sent_at", ["", "yesterday", "2026-03-01", "2026-03-01T12:00:00"])
@pytest.mark.parametrize("product_id", [7, -1])
def test_an_invalid_sent_at_refuses_the_batch(
    guest: APIClient, stream: Stream, sent_at: str, product_id: int
) -> None:
    batch = {"events": [view(product_id=product_id)], "sent_at": sent_at}
    response = guest.post("/api/events/", batch, format="json")
    assert (response.status_code, list(response.json()["details"])) == (400, ["sent_at"])
    assert batches(stream) == []
