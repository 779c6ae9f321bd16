"""The pages of a login and of a logout; the page that sets up a second factor is in `enrolment_pages`."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from backend.accounts.areas import StaffArea
from backend.accounts.devices import device_of
from backend.accounts.login_responses import set_device_cookie
from backend.accounts.models import Session, User
from backend.accounts.second_factor import passkeys
from backend.accounts.second_factor.challenges import (
    Challenge,
    begin_challenge,
    complete_challenge,
    passkey_options,
)
from backend.accounts.second_factor.errors import InvalidChallenge
from backend.accounts.second_factor.services import methods_of
from backend.accounts.services import verify_password
from backend.accounts.sessions import LoggedIn, begin_session
from backend.api.errors import DomainError
from backend.config.admin_site import logins
from backend.config.admin_site.errors import NoReports, NotStaff
from backend.config.admin_site.forms import LoginForm, SecondStepForm
from backend.config.admin_site.logins import has_second_factor, login_session_of

INDEX = "admin:index"
LOGIN = "admin:login"
SECOND_FACTOR = "admin:second_factor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrance:
    """A part of the site with pages: the names of its URLs, and the accounts that it admits."""

    index: str
    login: str
    admits: Callable[[User], bool]
    refusal: type[DomainError]


ADMIN = Entrance(index=INDEX, login=LOGIN, admits=lambda user: bool(user.staff_areas), refusal=NotStaff)
DASHBOARD = Entrance(
    index="dashboard:index",
    login="dashboard:login",
    admits=lambda user: user.has_area(StaffArea.REPORTS) or user.is_seller,
    refusal=NoReports,
)


def log_in(request: HttpRequest, *, context: dict[str, Any], to: Entrance = ADMIN) -> HttpResponse:
    """Show the page of a login's first or second step, or take the step."""
    session = login_session_of(request)
    if request.method == "GET" and session is not None and to.admits(session.user):
        return HttpResponseRedirect(_next_page(request, to=to, is_complete=_is_complete(session)))
    if "challenge" in request.POST:
        return _second_step(request, context=context, to=to)
    return _first_step(request, context=context, to=to)


def _is_complete(session: Session) -> bool:
    """Return whether the login had all its steps; sellers may have no second factor, staff must."""
    return has_second_factor(session) or not session.user.staff_areas


def _first_step(request: HttpRequest, *, context: dict[str, Any], to: Entrance) -> HttpResponse:
    form = LoginForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            outcome = _verified(request, form.cleaned_data, to=to)
        except DomainError as error:
            form.add_error(None, error.message)
        else:
            if isinstance(outcome, LoggedIn):
                return _enter(request, outcome, to=to)
            form_of_second_step = SecondStepForm(initial={"challenge": outcome.challenge_token})
            return _second_page(request, form_of_second_step, context=context)
    return _page(request, form=form, title="Log in", context=context)


def _verified(request: HttpRequest, values: dict[str, Any], *, to: Entrance) -> LoggedIn | Challenge:
    """Return the login, with which staff can only set up a second factor, or what the second step needs.

    Raises:
        InvalidCredentials: phone or password is wrong.
        TooManyAttempts: too many passwords were wrong; this one is not checked.
        NotStaff, NoReports: the account is not admitted.
    """
    now, device = timezone.now(), device_of(request)
    user = verify_password(phone=values["phone"], password=values["password"], device=device, now=now)
    if not to.admits(user):
        raise to.refusal
    if methods := methods_of(user):
        return begin_challenge(user, methods=methods, now=now)
    return begin_session(user, device=device, now=now)


def _second_step(request: HttpRequest, *, context: dict[str, Any], to: Entrance) -> HttpResponse:
    form = SecondStepForm(request.POST)
    if form.is_valid():
        try:
            logged_in = complete_challenge(
                form.cleaned_data["challenge"],
                **form.factor,
                device=device_of(request),
                now=timezone.now(),
            )
        except InvalidChallenge as error:
            return _again(request, error)
        except DomainError as error:
            form.add_error(None, error.message)
        else:
            return _enter(request, logged_in, to=to)
    return _second_page(request, form, context=context)


def _second_page(request: HttpRequest, form: SecondStepForm, *, context: dict[str, Any]) -> HttpResponse:
    """Show the form for a code, and what a passkey must sign if the account has one."""
    shown = dict(context)
    if passkeys.are_available():
        try:
            options = passkey_options(str(form["challenge"].value()), now=timezone.now())
        except InvalidChallenge as error:
            return _again(request, error)
        if options["allowCredentials"]:
            shown["passkey_options"] = json.dumps(options)
    return _page(request, form=form, title="Second factor", context=shown)


def _again(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Let the login begin again."""
    messages.error(request, error.message)
    return HttpResponseRedirect(request.get_full_path())


def _enter(request: HttpRequest, logged_in: LoggedIn, *, to: Entrance) -> HttpResponse:
    logins.remember(request, session_id=logged_in.session_id, now=timezone.now())
    # Redirected again from there if a second factor must be set up first.
    response = HttpResponseRedirect(_next_page(request, to=to, is_complete=True))
    set_device_cookie(response, request, logged_in.device_token)
    return response


def _next_page(request: HttpRequest, *, to: Entrance, is_complete: bool) -> str:
    if not is_complete:
        return reverse(SECOND_FACTOR)
    wanted, index = request.GET.get("next", ""), reverse(to.index)
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
    return wanted if is_ours and wanted.startswith(index) else index


def _page(request: HttpRequest, *, form: Any, title: str, context: dict[str, Any]) -> HttpResponse:
    shown = {**context, "title": title, "form": form, "app_path": request.get_full_path()}
    return TemplateResponse(request, "admin_site/login.html", shown)


def log_out(request: HttpRequest, *, of: Entrance = ADMIN) -> HttpResponse:
    """End the login if the request is a POST; a link changes nothing."""
    session = login_session_of(request)
    if request.method == "POST" and session is not None:
        logins.forget(request, session=session, now=timezone.now())
        messages.success(request, "You are logged out.")
    return HttpResponseRedirect(reverse(of.login))
