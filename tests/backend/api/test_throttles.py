"""Throttles count concurrent requests and separate clients."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from backend.api.throttles import BrowseThrottle

pytestmark = [pytest.mark.stores]


class TwentyPerMinuteThrottle(BrowseThrottle):
    scope = "twenty"
    rate = "20/minute"


def request_from(address: str) -> Request:
    return Request(APIRequestFactory().get("/", REMOTE_ADDR=address))


@pytest.fixture(autouse=True)
def _forgotten() -> None:
    cache.clear()


@pytest.mark.django_db
def test_concurrent_requests_are_all_counted() -> None:
    view = APIView()
    with ThreadPoolExecutor(10) as threads:
        allowed = threads.map(
            lambda _: TwentyPerMinuteThrottle().allow_request(request_from("192.0.2.1"), view), range(60)
        )
        assert sum(allowed) == 20


@pytest.mark.django_db
def test_a_refused_request_has_the_time_to_wait_and_other_clients_are_unaffected() -> None:
    throttle, view = TwentyPerMinuteThrottle(), APIView()
    for _ in range(20):
        assert throttle.allow_request(request_from("192.0.2.1"), view)

    assert not throttle.allow_request(request_from("192.0.2.1"), view)
    assert 0 < (throttle.wait() or 0) <= 60
    assert throttle.allow_request(request_from("192.0.2.2"), view)
