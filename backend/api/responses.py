"""The envelope of successful responses other than pages."""

from collections.abc import Mapping

from django.utils import timezone
from rest_framework.response import Response

from backend.api.timestamps import timestamp


def envelope(
    data: object, *, message: str = "", status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return `{data, message, status, timestamp}` with the HTTP status `status`."""
    body = {"data": data, "message": message, "status": status, "timestamp": timestamp(timezone.now())}
    return Response(body, status=status, headers=dict(headers) if headers else None)
