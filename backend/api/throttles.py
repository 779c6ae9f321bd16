"""Throttles of what guests may do freely."""

from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView


class ScopedThrottle(SimpleRateThrottle):
    """One budget a person (or a guest's address) for all views of a scope."""

    def get_cache_key(self, request: Request, view: APIView) -> str:
        """Return the account's key, else the address's."""
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
