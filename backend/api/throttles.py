"""Throttles: rates for each account and for each guest's address."""

from typing import TYPE_CHECKING

from rest_framework.request import Request
from rest_framework.throttling import AnonRateThrottle, SimpleRateThrottle, UserRateThrottle

from backend.api.addresses import client_address

if TYPE_CHECKING:
    # That module reads the settings that name these classes.
    from rest_framework.views import APIView


class ByClientAddress(SimpleRateThrottle):
    """Identifies guests by the same address as the request log."""

    def get_ident(self, request: Request) -> str:
        """Return the client's address."""
        return client_address(request._request)


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


class LoginThrottle(ScopedThrottle):
    """Attempts to register or log in."""

    scope = "login"
