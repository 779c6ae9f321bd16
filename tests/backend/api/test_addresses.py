"""The client's address is the one that trusted proxies report, not one that the client sends."""

import pytest
import structlog
from django.test import RequestFactory
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.test import APIClient

from backend.api.addresses import client_address
from backend.api.throttles import BrowseThrottle, GuestThrottle

PEER = "192.0.2.1"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "", PEER),
        (0, "6.6.6.6", PEER),
        (1, "", PEER),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (2, "6.6.6.6, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        (2, "203.0.113.9", "203.0.113.9"),
        (1, "unknown", PEER),
        (1, "2001:db8::7", "2001:db8::7"),
        (1, "<script>", PEER),
    ],
)
def test_only_the_entries_of_trusted_proxies_are_used(
    proxies: int, forwarded: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_settings, "NUM_PROXIES", proxies, raising=False)
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}

    request = RequestFactory(headers=headers).get("/", REMOTE_ADDR=PEER)

    assert client_address(request) == expected
    counted = "2001:db8::/64" if ":" in expected else expected
    for throttle in (GuestThrottle(), BrowseThrottle()):
        assert throttle.get_ident(Request(request)) == counted


@pytest.mark.django_db
def test_the_log_and_the_throttles_use_the_same_address() -> None:
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        APIClient(headers={"X-Forwarded-For": "6.6.6.6"}).get("/api/health/live/", REMOTE_ADDR=PEER)

    assert {line["ip"] for line in lines if line["event"] == "request_finished"} == {PEER}
