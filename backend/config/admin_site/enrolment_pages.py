"""The page on which staff set up their first second factor: an authenticator app or a passkey."""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from backend.accounts.errors import WrongPassword
from backend.accounts.models import Session
from backend.accounts.second_factor import passkeys
from backend.accounts.second_factor.enrolment import begin_totp, confirm_totp
from backend.accounts.second_factor.passkey_enrolment import add_passkey, begin_passkey
from backend.accounts.second_factor.services import Method, methods_of
from backend.api.errors import DomainError
from backend.audit.actors import actor_of
from backend.config.admin_site import logins
from backend.config.admin_site.forms import FirstCodeForm, NewPasskeyForm, OwnPasswordForm
from backend.config.admin_site.login_pages import INDEX, LOGIN
from backend.config.admin_site.logins import has_second_factor, login_session_of


def set_up_second_factor(request: HttpRequest, *, context: dict[str, Any]) -> HttpResponse:
    """Show the page, or take one of its steps."""
    session = login_session_of(request)
    if session is None or not session.user.staff_areas:
        return HttpResponseRedirect(reverse(LOGIN))
    if request.method == "GET" and methods_of(session.user):
        return _leave(request, session)
    shown = {**context, "title": "Set up a second factor", "has_passkeys": passkeys.are_available()}
    return TemplateResponse(request, "admin_site/second_factor.html", {**shown, **_step(request, session)})


def _leave(request: HttpRequest, session: Session) -> HttpResponse:
    """Redirect an account that has a second factor; a session without it has to log in again."""
    if has_second_factor(session):
        messages.info(request, "Your account has a second factor.")
        return HttpResponseRedirect(reverse(INDEX))
    logins.forget(request, session=session, now=timezone.now())
    messages.info(request, "Your account has a second factor now; log in with it.")
    return HttpResponseRedirect(reverse(LOGIN))


def _step(request: HttpRequest, session: Session) -> dict[str, Any]:
    """Return what the page shows after the step that was sent."""
    if "password" in request.POST:
        return _begun(request, session)
    if "first_code" in request.POST:
        return _totp_confirmed(request, session)
    if "credential" in request.POST:
        return _passkey_added(request, session)
    return {"form": OwnPasswordForm()}


def _begun(request: HttpRequest, session: Session) -> dict[str, Any]:
    form = OwnPasswordForm(request.POST)
    if form.is_valid():
        try:
            return _next_form(request, session, password=form.cleaned_data["password"])
        except WrongPassword as error:
            form.add_error("password", error.message)
        except DomainError as error:
            form.add_error(None, error.message)
    return {"form": form}


def _next_form(request: HttpRequest, session: Session, *, password: str) -> dict[str, Any]:
    now = timezone.now()
    if request.POST.get("method") == Method.PASSKEY:
        options = begin_passkey(session.user_id, password=password, session_id=session.pk, now=now)
        return {"form": NewPasskeyForm(), "passkey_options": json.dumps(options)}
    enrolment = begin_totp(
        session.user_id, password=password, session_id=session.pk, by=actor_of(request), now=now
    )
    return {"form": FirstCodeForm(), "enrolment": enrolment}


def _totp_confirmed(request: HttpRequest, session: Session) -> dict[str, Any]:
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
            return _finished(codes)
    return {"form": form}


def _passkey_added(request: HttpRequest, session: Session) -> dict[str, Any]:
    """Return the recovery codes; after a refusal the first form, because options can be used once."""
    form = NewPasskeyForm(request.POST)
    if form.is_valid():
        try:
            _, codes = add_passkey(
                session.user_id,
                name=form.cleaned_data["name"],
                credential=form.cleaned_data["credential"],
                session_id=session.pk,
                by=actor_of(request),
                now=timezone.now(),
            )
        except DomainError as error:
            messages.error(request, error.message)
        else:
            return _finished(codes)
    else:
        messages.error(request, "The browser sent no passkey; try again.")
    return {"form": OwnPasswordForm()}


def _finished(codes: list[str]) -> dict[str, Any]:
    return {"form": None, "recovery_codes": codes, "index": reverse(INDEX)}
