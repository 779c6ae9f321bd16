"""Who may see the dashboard, and the pages of errors."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from csp.constants import NONE, SELF
from csp.decorators import csp
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect

from backend.accounts.models import User
from backend.api.errors import DomainError, translated
from backend.dashboard.viewing import is_viewer

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]
FRAGMENT = "X-Dashboard-Fragment"
"""The header with which the script asks for a panel alone."""

with_policy = csp(
    {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
)


def user_of(request: HttpRequest) -> User:
    """Return the user, who is logged in."""
    return cast("User", request.user)


def page_for_viewers(view: View[P]) -> View[P]:
    """Return the view for staff with the area reports, and for sellers; errors become pages."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        session: Any = getattr(request, "login_session", None)
        if session is None:
            return _to_login(request)
        user: User = session.user
        if user.staff_areas and session.second_factor_at is None:
            return HttpResponseRedirect(reverse("admin:second_factor"))
        if not is_viewer(user):
            return error_page(request, status=403, message="This account may see no reports.")
        return _answered(request, lambda: view(request, *args, **kwargs))

    return cast("View[P]", with_policy(never_cache(csrf_protect(guarded))))


def _to_login(request: HttpRequest) -> HttpResponse:
    """Redirect to the login; the script gets a message instead, because it can't follow to a page."""
    if FRAGMENT in request.headers:
        return error_page(request, status=401, message="You are logged out. Open the page again to log in.")
    return redirect_to_login(request.get_full_path(), login_url=reverse("dashboard:login"))


def _answered(request: HttpRequest, view: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    try:
        return view()
    except Http404:
        return error_page(request, status=404, message="There is no such page.")
    except PermissionDenied as error:
        return error_page(request, status=403, message=str(error) or "This account may not see this page.")
    except Exception as error:
        found = translated(error)
        if not isinstance(found, DomainError):
            raise
        return error_page(request, status=found.status, message=found.message, headers=dict(found.headers))


def error_page(
    request: HttpRequest, *, status: int, message: str, headers: dict[str, str] | None = None
) -> HttpResponse:
    """Return a page, or for the script a fragment, with a message; a temporary error can be tried again."""
    name = "dashboard/_error.html" if FRAGMENT in request.headers else "dashboard/error.html"
    shown = {
        "message": message,
        "title": "Error",
        "can_retry": status == 503,
        "address": request.get_full_path(),
    }
    response = render(request, name, shown, status=status)
    for header, value in (headers or {}).items():
        response[header] = value
    return response
