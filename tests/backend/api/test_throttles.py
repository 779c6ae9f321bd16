"""Rates of requests."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from backend.api.throttles import BrowseThrottle

pytestmark = [pytest.mark.stores]


class TwentyAMinute(BrowseThrottle):
    scope = "twenty"
    rate = "20/minute"


def a_request_from(address: str) -> Request:
    return Request(APIRequestFactory().get("/", REMOTE_ADDR=address))


@pytest.fixture(autouse=True)
def _forgotten() -> None:
    cache.clear()


@pytest.mark.django_db
def test_requests_at_once_are_all_counted() -> None:
    view = APIView()
    with ThreadPoolExecutor(10) as threads:
        allowed = threads.map(
            lambda _: TwentyAMinute().allow_request(a_request_from("192.0.2.1"), view), range(60)
        )
        assert sum(allowed) == 20


@pytest.mark.django_db
def test_a_refused_request_is_told_when_the_window_ends_and_others_are_unaffected() -> None:
    throttle, view = TwentyAMinute(), APIView()
    for _ in range(20):
        assert throttle.allow_request(a_request_from("192.0.2.1"), view)

    assert not throttle.allow_request(a_request_from("192.0.2.1"), view)
    assert 0 < (throttle.wait() or 0) <= 60
    assert throttle.allow_request(a_request_from("192.0.2.2"), view)
