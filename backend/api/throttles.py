"""Throttles: rates for each account and for each guest's address."""

from typing import TYPE_CHECKING, Protocol, cast

from rest_framework.request import Request
from rest_framework.throttling import AnonRateThrottle, SimpleRateThrottle, UserRateThrottle

from backend.api.addresses import client_address, counted_address

if TYPE_CHECKING:
    # That module reads the settings that name these classes.
    from rest_framework.views import APIView


class Counters(Protocol):
    """A cache that counts uses; see OptionalCache."""

    def count_in_window(self, key: str, *, seconds: int) -> tuple[int, int]:
        """Return the uses of `key` in the current window, with this one, and the seconds until it ends."""


class ByClientAddress(SimpleRateThrottle):
    """Counts requests in fixed windows, by account or by the same address as the request log.

    The framework's own throttle reads and writes a list of all recent requests, which loses counts when
    requests are concurrent, and costs more the higher the rate is.
    """

    num_requests: int
    duration: int
    seconds_left: int | None = None

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Return whether the request is within the rate."""
        key = None if self.rate is None else self.get_cache_key(request, view)
        if key is None:
            return True
        # The previous release stores lists under the keys without the suffix.
        used, left = cast("Counters", self.cache).count_in_window(f"{key}:count", seconds=self.duration)
        self.seconds_left = left
        return used <= self.num_requests

    def wait(self) -> float | None:
        """Return the seconds after which the next request is allowed."""
        return self.seconds_left

    def get_ident(self, request: Request) -> str:
        """Return the client's address, for IPv6 its /64."""
        return counted_address(client_address(request._request))


class GuestThrottle(ByClientAddress, AnonRateThrottle):
    """The rate for guests at endpoints without their own scope."""


class AccountThrottle(ByClientAddress, UserRateThrottle):
    """The rate for accounts at endpoints without their own scope."""


class ScopedThrottle(ByClientAddress):
    """One rate per account or guest's address for all views of a scope."""

    def get_cache_key(self, request: Request, view: "APIView") -> str:
        """Return the cache key of the account, or of the address."""
        ident = f"user-{request.user.pk}" if request.user.is_authenticated else self.get_ident(request)
        return self.cache_format % {"scope": self.scope, "ident": ident}


class BrowseThrottle(ScopedThrottle):
    """Lists, search, suggestions and recommendations."""

    scope = "browse"


class EventsThrottle(ScopedThrottle):
    """Batches of events."""

    scope = "events"


class GuestsThrottle(ScopedThrottle):
    """Different guests who send events from one address."""

    scope = "guests"


class GuestsLongerThrottle(ScopedThrottle):
    """How often a guest begins to count under `GuestsThrottle`, in a longer window."""

    scope = "guests_longer"


class PersonalDataThrottle(ScopedThrottle):
    """Exports of personal data."""

    scope = "personal_data"


class LoginThrottle(ScopedThrottle):
    """Attempts to register or log in."""

    scope = "login"
