"""The bodies of POST /api/events/: media types, compression and sizes."""

import gzip
import json
import tracemalloc
from typing import Any

import pytest
from rest_framework.test import APIClient

from analytics_pipeline.stream import Stream
from backend.tracking.bodies import unpacked
from backend.tracking.errors import BatchTooLarge
from tests.backend.tracking.conftest import batches, view

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (b'{"events": []}', 400),
        (b'{"events": [{}], "more": 1}', 400),
        (b'{"events": [{}], "events": [{}]}', 400),
        (b'{"events": [{}], "sent_at": null, "sent\\u005fat": null}', 400),
        (b"\xff", 400),
        (b'{"events": ' + b"[" * 200_000 + b"]" * 199_999 + b"}", 400),
        (json.dumps({"events": [{}] * 501}).encode(), 413),
        (b" " * 1_000_001, 413),
        (b" " * 3_000_000, 413),
    ],
)
def test_a_body_that_is_not_a_batch_is_refused_as_a_whole(
    guest: APIClient, stream: Stream, body: bytes, status: int
) -> None:
    response = guest.post("/api/events/", body, content_type="application/json")
    assert response.status_code == status
    assert response.json()["details"]
    assert batches(stream) == []


@pytest.mark.parametrize("copy", ['"product_id":', '"product\\u005fid" :'])
def test_an_event_that_has_a_key_twice_is_refused_alone(guest: APIClient, stream: Stream, copy: str) -> None:
    good, bad = json.dumps(view()), json.dumps(view())
    bad = f"{bad[:-1]},{copy}7}}"
    response = guest.post("/api/events/", f'{{"events":[{good},{bad}]}}', content_type="application/json")
    data = response.json()["data"]
    assert (response.status_code, data["accepted"]) == (202, 1)
    assert data["refused"] == [{"index": 1, "reason": "product_id: occurs twice"}]


def test_a_beacon_with_a_text_media_type_is_read_as_json(guest: APIClient, stream: Stream) -> None:
    body = json.dumps({"events": [view()]}).encode()
    assert guest.post("/api/events/", body, content_type="text/plain").status_code == 202


def packed(client: APIClient, body: bytes, *, encoding: str = "gzip") -> Any:
    return client.post(
        "/api/events/", body, content_type="application/json", headers={"Content-Encoding": encoding}
    )


def test_a_gzip_body_is_unpacked(guest: APIClient, stream: Stream) -> None:
    events = json.dumps({"events": [view(), view()]}).encode()
    assert packed(guest, gzip.compress(events)).json()["data"]["accepted"] == 2
    assert len(batches(stream)) == 1


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        (gzip.compress(b" " * 1_000_001), "gzip", 413),
        (gzip.compress(b" " * 200_000_000, compresslevel=9), "gzip", 413),
        (b"not gzip", "gzip", 400),
        (gzip.compress(b'{"events": []}')[:-4], "gzip", 400),
        (gzip.compress(b"{}") + gzip.compress(b"{}"), "gzip", 400),
        (gzip.compress(b"{}") + b"more", "gzip", 400),
        (b"{}", "br", 415),
        (b"{}", "gzip, gzip", 415),
    ],
    ids=["large", "bomb", "not gzip", "truncated", "twice", "more", "brotli", "two encodings"],
)
def test_a_body_that_cannot_be_unpacked_within_the_limits_is_refused(
    guest: APIClient, stream: Stream, body: bytes, encoding: str, status: int
) -> None:
    response = packed(guest, body, encoding=encoding)
    assert response.status_code == status
    assert response.json()["details"]
    assert batches(stream) == []


def test_unpacking_a_gzip_bomb_is_limited_in_memory() -> None:
    bomb = gzip.compress(b" " * 200_000_000, compresslevel=9)
    tracemalloc.start()
    with pytest.raises(BatchTooLarge):
        unpacked(bomb)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000_000
