"""The limits of event intake: requests of a client, and guests of an address."""

from dataclasses import dataclass

from rest_framework.request import Request
from rest_framework.views import APIView

from analytics_pipeline.stream import Allowance, GuestAllowance, Rate
from backend.api.addresses import client_address
from backend.api.throttles import EventsThrottle, GuestsLongerThrottle, GuestsThrottle, ScopedThrottle


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """Where a request comes from, and its limits; a limit is None if none is set.

    `address` is the client's own address, `counted_address` the one under which limits count it.
    """

    address: str
    counted_address: str
    requests: Allowance | None = None
    guests: GuestAllowance | None = None


def client_of(request: Request, view: APIView) -> Client:
    """Return the client who sent the request."""
    throttle = EventsThrottle()
    counted = throttle.get_ident(request)
    requests, guests, longer = (_rate(one) for one in (throttle, GuestsThrottle(), GuestsLongerThrottle()))
    key = throttle.get_cache_key(request, view)
    return Client(
        address=client_address(request._request),
        counted_address=counted,
        requests=Allowance(f"vitrine:{key}", requests.limit, requests.seconds) if requests else None,
        guests=GuestAllowance(key=f"vitrine:throttle_guests_{counted}", guests=guests, admissions=longer)
        if guests and longer
        else None,
    )


def _rate(throttle: ScopedThrottle) -> Rate | None:
    limit, seconds = throttle.parse_rate(throttle.rate)
    return None if limit is None or seconds is None else Rate(limit, seconds)
