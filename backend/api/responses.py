"""The envelope of successful responses other than pages."""

from collections.abc import Mapping

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.response import Response

from backend.api.timestamps import timestamp


def envelope(
    data: object, *, message: str = "", status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return `{data, message, status, timestamp}` with the HTTP status `status`."""
    body = {"data": data, "message": message, "status": status, "timestamp": timestamp(timezone.now())}
    return Response(body, status=status, headers=dict(headers) if headers else None)


def moved_to(address: str) -> HttpResponse:
    """Return a redirect (301) to the present address of what the request named.

    Clients may keep it for five minutes only: what is renamed back would otherwise be redirected in a circle.
    """
    return HttpResponse(status=301, headers={"Location": address, "Cache-Control": "public, max-age=300"})
