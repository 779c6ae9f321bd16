"""The shop's application, called in this process as the web process calls it, without a connection.

Django's client for tests adds work of its own to each request, which would count as the endpoint's.
"""

from collections.abc import Mapping
from typing import Any

from django.core.wsgi import get_wsgi_application

from backend.config.web.garbage import collect_seldom
from backend.config.web.gateway import Response, call


class Application:
    """Answers requests, by default those of a guest."""

    def __init__(self) -> None:
        """Load the application of the settings."""
        self._application = get_wsgi_application()
        collect_seldom()

    def get(self, url: str, *, headers: Mapping[str, str] | None = None) -> Response:
        """Return the response to a GET request; `url` has a path and perhaps a query."""
        more = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
        path, _, query = url.partition("?")
        scope: dict[str, Any] = {
            "method": "GET",
            "http_version": "1.1",
            "scheme": "http",
            "path": path,
            "query_string": query.encode(),
            "client": ("127.0.0.1", 1),
            "headers": [(b"host", b"localhost"), (b"accept", b"*/*"), *more],
        }
        return call(self._application, scope, b"")
