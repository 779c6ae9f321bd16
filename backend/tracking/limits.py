"""The client that sends events, and its limits: requests of a client, and guests of an address."""

from dataclasses import dataclass
from functools import cache

from rest_framework.request import Request

from analytics_pipeline.allowances import Allowance, GuestAllowance, Rate
from backend.api.addresses import client_address, counted_address
from backend.api.request_arrivals import client_kind
from backend.api.throttles import EventsThrottle, GuestsLongerThrottle, GuestsThrottle, ScopedThrottle
from backend.api.user_agents import UNKNOWN, ClientKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """Where a request comes from, and its limits; a limit is None if none is set.

    `address` is the client's own address, `counted_address` the one under which limits count it. `kind` is
    the class of device, and whether it is a bot.
    """

    address: str
    counted_address: str
    kind: ClientKind = UNKNOWN
    requests: Allowance | None = None
    guests: GuestAllowance | None = None


def client_of(request: Request) -> Client:
    """Return the client who sent the request."""
    address = client_address(request._request)
    counted = counted_address(address)
    ident = f"user-{request.user.pk}" if request.user.is_authenticated else counted
    requests, guests, longer = (_rate(one) for one in (EventsThrottle, GuestsThrottle, GuestsLongerThrottle))
    return Client(
        address=address,
        counted_address=counted,
        kind=client_kind(request),
        requests=Allowance(_key(EventsThrottle, ident), requests.limit, requests.seconds)
        if requests
        else None,
        guests=GuestAllowance(key=_key(GuestsThrottle, counted), guests=guests, admissions=longer)
        if guests and longer
        else None,
    )


def _key(throttle: type[ScopedThrottle], ident: str) -> str:
    return f"vitrine:{throttle.cache_format % {'scope': throttle.scope, 'ident': ident}}"


def _rate(throttle: type[ScopedThrottle]) -> Rate | None:
    return _parsed(getattr(throttle, "rate", None) or throttle.THROTTLE_RATES[str(throttle.scope)])


@cache
def _parsed(rate: str | None) -> Rate | None:
    """Return a rate such as "500/hour"; throttles would parse it for every request."""
    limit, seconds = EventsThrottle().parse_rate(rate)
    return None if limit is None or seconds is None else Rate(limit, seconds)
