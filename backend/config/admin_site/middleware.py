"""Middleware of the pages of staff and sellers only; API requests have tokens instead of cookies."""

from typing import Any

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.utils import timezone
from django.utils.deprecation import MiddlewareMixin

from backend.config.admin_site.logins import current_login

PATHS = ("/admin/", "/dashboard/")


class _UnderPages(MiddlewareMixin):
    def __call__(self, request: HttpRequest) -> Any:
        """Return the response; outside these pages, without doing anything."""
        if request.path_info.startswith(PATHS):
            return super().__call__(request)
        return self.get_response(request)


class AdminSessionMiddleware(_UnderPages, SessionMiddleware):
    """Loads and saves Django's session."""


class AdminUserMiddleware(_UnderPages, AuthenticationMiddleware):
    """Sets the user, and the login session as `login_session`."""

    def process_request(self, request: HttpRequest) -> None:
        """Set both; a browser that is not logged in is an anonymous user without a login session."""
        session = current_login(request, now=timezone.now())
        request.login_session = session  # type: ignore[attr-defined]
        request.user = AnonymousUser() if session is None else session.user


class AdminMessageMiddleware(_UnderPages, MessageMiddleware):
    """Keeps messages for the next page."""
