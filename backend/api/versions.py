"""The versions of the API: a request may name one in a header, and the response names the one it got."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.http import http_date

from backend.api.error_handling import error_body
from backend.api.errors import ApiVersionUnknown

HEADER: Final = "Vitrine-Version"
DEFAULT: Final = "1"
"""What a client gets that names no version: the oldest one, for which it was written."""
SUPPORTED: Final = ("1",)
POLICY_ADDRESS: Final = "/api/schema/redoc/"
LEAST_NOTICE: Final = timedelta(days=180)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deprecation:
    """When an operation was deprecated, and from when it may be removed; `sunset` is None if that is open.

    `link` is the address of a page that tells clients what to use instead.

    Raises:
        ValueError: the sunset is less than `LEAST_NOTICE` after the deprecation.
    """

    since: date
    sunset: date | None = None
    link: str = POLICY_ADDRESS

    def __post_init__(self) -> None:
        """Refuse a sunset that comes too early."""
        if self.sunset is not None and self.sunset - self.since < LEAST_NOTICE:
            raise ValueError(f"a sunset is at least {LEAST_NOTICE.days} days after the deprecation")

    def headers(self) -> dict[str, str]:
        """Return the response headers of RFC 9745 and RFC 8594."""
        found = {
            "Deprecation": f"@{_seconds(self.since)}",
            "Link": f'<{self.link}>; rel="deprecation"; type="text/html"',
        }
        if self.sunset is not None:
            found["Sunset"] = http_date(_seconds(self.sunset))
        return found


def _seconds(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


class VersionMiddleware:
    """Refuses requests for unknown versions; adds the version and the deprecation to responses of the API."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Store the next middleware."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the response with the headers, or the refusal."""
        if not request.path_info.startswith(("/api/", "/accounts/")):
            return self.get_response(request)
        version = request.headers.get(HEADER, DEFAULT).strip()
        if version not in SUPPORTED:
            error = ApiVersionUnknown(version=version[:40], supported=list(SUPPORTED))
            body = error_body(error.message, code=error.code, details=error.details, status=error.status)
            return JsonResponse(body, status=error.status)
        response = self.get_response(request)
        response[HEADER] = version
        patch_vary_headers(response, [HEADER])
        if (deprecation := _deprecation_of(request)) is not None:
            for name, value in deprecation.headers().items():
                # A response may have links of its own, and a field of several values is one list.
                response[name] = f"{response[name]}, {value}" if response.has_header(name) else value
        return response


def _deprecation_of(request: HttpRequest) -> Deprecation | None:
    match = request.resolver_match
    view = getattr(match.func, "cls", None) if match is not None else None
    method = "get" if request.method == "HEAD" else (request.method or "").lower()
    handler = getattr(view, method, None)
    found: Deprecation | None = getattr(getattr(handler, "operation", None), "deprecated", None)
    return found
