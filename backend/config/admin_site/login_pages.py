"""The pages before and of a login: password, second factor, setting up a second factor, logout."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from backend.accounts.authentication import lacks_second_factor
from backend.accounts.devices import device_of
from backend.accounts.errors import WrongPassword
from backend.accounts.login_responses import set_device_cookie
from backend.accounts.models import Session
from backend.accounts.second_factor.challenges import Challenge, begin_challenge, complete_challenge
from backend.accounts.second_factor.enrolment import begin_totp, confirm_totp
from backend.accounts.second_factor.errors import InvalidChallenge
from backend.accounts.second_factor.services import Method, methods_of
from backend.accounts.services import verify_password
from backend.accounts.sessions import LoggedIn, begin_session
from backend.api.errors import DomainError
from backend.audit.actors import actor_of
from backend.config.admin_site import logins
from backend.config.admin_site.errors import NotStaff, PasskeyNeedsBrowserSupport
from backend.config.admin_site.forms import CodeForm, FirstCodeForm, LoginForm, OwnPasswordForm

INDEX = "admin:index"
LOGIN = "admin:login"
SECOND_FACTOR = "admin:second_factor"


def login_session_of(request: HttpRequest) -> Session | None:
    """Return the browser's login session."""
    session: Session | None = getattr(request, "login_session", None)
    return session


def log_in(request: HttpRequest, *, context: dict[str, Any]) -> HttpResponse:
    """Show the page of a login's first or second step, or take the step."""
    session = login_session_of(request)
    if request.method == "GET" and session is not None and session.user.staff_areas:
        return HttpResponseRedirect(_next_page(request, is_complete=not lacks_second_factor(session)))
    if "challenge" in request.POST:
        return _second_step(request, context=context)
    return _first_step(request, context=context)


def _first_step(request: HttpRequest, *, context: dict[str, Any]) -> HttpResponse:
    form = LoginForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            outcome = _verified(request, form.cleaned_data)
        except DomainError as error:
            form.add_error(None, error.message)
        else:
            if isinstance(outcome, LoggedIn):
                return _enter(request, outcome)
            second = CodeForm(initial={"challenge": outcome.challenge_token})
            return _page(request, form=second, title="Second factor", context=context)
    return _page(request, form=form, title="Log in", context=context)


def _verified(request: HttpRequest, values: dict[str, Any]) -> LoggedIn | Challenge:
    """Return the login, or what the second step needs.

    Raises:
        InvalidCredentials: phone or password is wrong.
        NotStaff: the account has no area of staff.
        PasskeyNeedsBrowserSupport: its only second factor is a passkey.
    """
    now, device = timezone.now(), device_of(request)
    user = verify_password(phone=values["phone"], password=values["password"], device=device, now=now)
    if not user.staff_areas:
        raise NotStaff
    methods = methods_of(user)
    if not methods:
        return begin_session(user, device=device, now=now)
    if methods == [Method.PASSKEY]:
        raise PasskeyNeedsBrowserSupport
    return begin_challenge(user, methods=methods, now=now)


def _second_step(request: HttpRequest, *, context: dict[str, Any]) -> HttpResponse:
    form = CodeForm(request.POST)
    if form.is_valid():
        try:
            logged_in = complete_challenge(
                form.cleaned_data["challenge"],
                code=form.cleaned_data["code"],
                device=device_of(request),
                now=timezone.now(),
            )
        except InvalidChallenge as error:
            messages.error(request, error.message)
            return HttpResponseRedirect(request.get_full_path())
        except DomainError as error:
            form.add_error("code", error.message)
        else:
            return _enter(request, logged_in)
    return _page(request, form=form, title="Second factor", context=context)


def _enter(request: HttpRequest, logged_in: LoggedIn) -> HttpResponse:
    logins.remember(request, session_id=logged_in.session_id, now=timezone.now())
    # Redirected again from there if a second factor must be set up first.
    response = HttpResponseRedirect(_next_page(request, is_complete=True))
    set_device_cookie(response, request, logged_in.device_token)
    return response


def _next_page(request: HttpRequest, *, is_complete: bool) -> str:
    if not is_complete:
        return reverse(SECOND_FACTOR)
    wanted, index = request.GET.get("next", ""), reverse(INDEX)
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
    return wanted if is_ours and wanted.startswith(index) else index


def _page(request: HttpRequest, *, form: Any, title: str, context: dict[str, Any]) -> HttpResponse:
    shown = {**context, "title": title, "form": form, "app_path": request.get_full_path()}
    return TemplateResponse(request, "admin_site/login.html", shown)


def log_out(request: HttpRequest) -> HttpResponse:
    """End the login if the request is a POST; a link changes nothing."""
    session = login_session_of(request)
    if request.method == "POST" and session is not None:
        logins.forget(request, session=session, now=timezone.now())
        messages.success(request, "You are logged out.")
    return HttpResponseRedirect(reverse(LOGIN))


def set_up_second_factor(request: HttpRequest, *, context: dict[str, Any]) -> HttpResponse:
    """Show the page on which staff set up an authenticator app, or take one of its steps."""
    session = login_session_of(request)
    if session is None or not session.user.staff_areas:
        return HttpResponseRedirect(reverse(LOGIN))
    shown: dict[str, Any] = {**context, "title": "Set up a second factor", "form": OwnPasswordForm()}
    if "password" in request.POST:
        shown |= _begun(request, session)
    elif "first_code" in request.POST:
        shown |= _confirmed(request, session)
    elif request.method == "GET" and methods_of(session.user):
        messages.info(request, "Your account has a second factor.")
        return HttpResponseRedirect(reverse(INDEX))
    return TemplateResponse(request, "admin_site/second_factor.html", shown)


def _begun(request: HttpRequest, session: Session) -> dict[str, Any]:
    form = OwnPasswordForm(request.POST)
    if form.is_valid():
        try:
            enrolment = begin_totp(
                session.user_id,
                password=form.cleaned_data["password"],
                session_id=session.pk,
                by=actor_of(request),
                now=timezone.now(),
            )
        except WrongPassword as error:
            form.add_error("password", error.message)
        except DomainError as error:
            form.add_error(None, error.message)
        else:
            return {"form": FirstCodeForm(), "enrolment": enrolment}
    return {"form": form}


def _confirmed(request: HttpRequest, session: Session) -> dict[str, Any]:
    form = FirstCodeForm(request.POST)
    if form.is_valid():
        try:
            codes = confirm_totp(
                session.user_id,
                code=form.cleaned_data["first_code"],
                session_id=session.pk,
                by=actor_of(request),
                now=timezone.now(),
            )
        except DomainError as error:
            form.add_error("first_code", error.message)
        else:
            return {"form": None, "recovery_codes": codes, "index": reverse(INDEX)}
    return {"form": form}
