"""The admin site."""

from collections.abc import Callable
from typing import Any

from csp.decorators import csp
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from unfold.sites import UnfoldAdminSite

from backend.accounts.errors import WrongPassword
from backend.accounts.passwords import change_password
from backend.api.errors import DomainError
from backend.api.service_admin.refusals import add_errors
from backend.audit.actors import actor_of
from backend.config.admin_site import dead_letters, enrolment_pages, login_pages
from backend.config.admin_site.forms import PasswordForm
from backend.config.admin_site.logins import has_second_factor, login_session_of
from backend.config.admin_site.overview import panels_for
from backend.config.admin_site.policy import policy_of

with_policy = csp(policy_of(settings.STORAGES["default"]))
SECRETS = (
    "password",
    "code",
    "first_code",
    "challenge",
    "passkey",
    "credential",
    "current_password",
    "repeated",
)
open_page = method_decorator([with_policy, never_cache, csrf_protect, sensitive_post_parameters(*SECRETS)])


class ShopAdminSite(UnfoldAdminSite):
    """Lets staff in after a login of their account."""

    index_template = "admin_site/index.html"
    index_title = "Overview"

    def __init__(self, name: str = "admin") -> None:
        """Remove the bulk deletion, which no service knows."""
        super().__init__(name)
        self.disable_action("delete_selected")

    def has_permission(self, request: HttpRequest) -> bool:
        """Return whether the browser is logged in as staff, with a second factor."""
        session = login_session_of(request)
        return session is not None and bool(session.user.staff_areas) and has_second_factor(session)

    def admin_view(
        self, view: Callable[..., HttpResponseBase], cacheable: bool = False
    ) -> Callable[..., HttpResponseBase]:
        """Return the view for staff only, with the admin's Content Security Policy."""
        page: Callable[..., HttpResponseBase] = with_policy(super().admin_view(view, cacheable))
        return page

    def extra_urls(self) -> list[URLPattern]:
        """Return the pages that neither Django nor unfold has."""
        return [
            path("second-factor/", self.second_factor, name="second_factor"),
            path("dead-letters/", self.admin_view(self.dead_letters), name="dead_letters"),
        ]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the overview of the user's areas."""
        user: Any = request.user
        page: HttpResponse = super().index(request, {"panels": panels_for(user, now=timezone.now())})
        return page

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Return the apps and models that the user may see, and the page of dead letters."""
        user: Any = request.user
        listed: list[Any] = super().get_app_list(request, app_label)
        if app_label is None and self.has_permission(request) and user.has_area(dead_letters.AREA):
            url = reverse(dead_letters.PAGE)
            model = {
                "name": "Dead letters",
                "object_name": "DeadLetter",
                "perms": {"view": True},
                "admin_url": url,
                "add_url": None,
                "view_only": True,
            }
            listed.append({"name": "Events", "app_label": "tracking", "app_url": url, "models": [model]})
        return listed

    def dead_letters(self, request: HttpRequest) -> HttpResponse:
        """List refused events, or replay them."""
        return dead_letters.dead_letter_page(request, context=self.each_context(request))

    @open_page
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the page of a login's first or second step, or take the step."""
        return login_pages.log_in(request, context=self.each_context(request))

    @open_page
    def dashboard_login(self, request: HttpRequest) -> HttpResponse:
        """Show the page of a login to the dashboard, or take its step."""
        return login_pages.log_in(request, context=self.each_context(request), to=login_pages.DASHBOARD)

    @open_page
    def dashboard_logout(self, request: HttpRequest) -> HttpResponse:
        """End the login."""
        return login_pages.log_out(request, of=login_pages.DASHBOARD)

    @open_page
    def second_factor(self, request: HttpRequest) -> HttpResponse:
        """Let staff without a second factor set one up, which is all that they can do without one."""
        return enrolment_pages.set_up_second_factor(request, context=self.each_context(request))

    @open_page
    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """End the login."""
        return login_pages.log_out(request)

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the form for the user's own password, or change it."""
        form = PasswordForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                self._change_password(request, form.cleaned_data)
            except WrongPassword as error:
                form.add_error("current_password", error.message)
            except DomainError as error:
                add_errors(form, error)
            else:
                messages.success(request, "The password is changed; your other logins have ended.")
                return HttpResponseRedirect(reverse(f"{self.name}:index"))
        context = {**self.each_context(request), "title": "Change password", "form": form}
        return TemplateResponse(request, "admin_site/password.html", context)

    def _change_password(self, request: Any, values: dict[str, Any]) -> None:
        change_password(
            request.user.pk,
            current_password=values["current_password"],
            password=values["password"],
            kept=request.login_session.pk,
            by=actor_of(request),
            now=timezone.now(),
        )
