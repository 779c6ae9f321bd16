"""Requests to a path whose final slash is missing: reads are redirected, writes get a 404 with the path."""

from django.http import HttpRequest
from django.middleware.common import CommonMiddleware
from django.urls import is_valid_path


def path_with_slash(request: HttpRequest) -> str | None:
    """Return the path with a final slash if an endpoint has that path, and none has the path without it."""
    urlconf = getattr(request, "urlconf", None)
    path = f"{request.path_info}/"
    if request.path_info.endswith("/") or not is_valid_path(path, urlconf):
        return None
    return None if is_valid_path(request.path_info, urlconf) else f"{request.path}/"


class SlashMiddleware(CommonMiddleware):
    """Redirects reads only: a client repeats a redirected POST as a GET without its body."""

    def should_redirect_with_slash(self, request: HttpRequest) -> bool:
        """Return whether to redirect to the path with a slash."""
        return request.method in ("GET", "HEAD") and super().should_redirect_with_slash(request)
