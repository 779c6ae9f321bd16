"""Logins to the admin need a second factor: an authenticator app or a passkey."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from backend.accounts.models import Session, User
from backend.accounts.second_factor import passkeys
from backend.accounts.second_factor.models import Passkey, TotpSecret
from backend.accounts.second_factor.totp import generator_of, new_secret
from tests.backend.accounts.second_factor.authenticator import Authenticator
from tests.backend.config.admin_site.browser import (
    PASSWORD,
    errors_of,
    fields_of,
    is_logged_in,
    log_in,
)
from tests.backend.shop import staff

pytestmark = pytest.mark.django_db

INDEX = "/admin/"
LOGIN = "/admin/login/"
ENROLMENT = "/admin/second-factor/"


@pytest.fixture
def admin() -> User:
    return staff(password=PASSWORD)


def confirmed_totp(user: User) -> TotpSecret:
    secret = new_secret(user.pk, now=timezone.now())
    secret.confirmed_at = timezone.now()
    secret.save()
    return secret


def code_of(secret: TotpSecret, *, later: int = 0) -> str:
    """Return the code of the present time step, or of a later one."""
    generator = generator_of(secret)
    assert generator is not None
    return str(generator.at(timezone.now() + timedelta(seconds=30 * later)))


def passkey_of(user: User, authenticator: Authenticator) -> None:
    """Register the authenticator as a passkey of the user."""
    options = passkeys.registration_options(user)
    response = authenticator.create(options)
    passkey = passkeys.verified_registration(user.pk, response=response, challenge=options["challenge"])
    passkey.created_at = timezone.now()
    passkey.save()


def passkey_options_of(page: Any) -> dict[str, Any]:
    """Return the options that the page has for a passkey."""
    options: dict[str, Any] = json.loads(page.context["passkey_options"])
    return options


def send_to(browser: Client, page: Any, changes: dict[str, str]) -> Any:
    """Send the form of a page that a browser got."""
    return browser.post(LOGIN, {**fields_of(page), **changes})


def test_an_account_with_an_authenticator_app_is_asked_for_its_code(admin: User) -> None:
    secret = confirmed_totp(admin)
    browser = Client()

    asked = log_in(browser, phone=str(admin.phone))
    wrong = send_to(browser, asked, {"code": "000000"})
    assert not is_logged_in(browser)
    right = send_to(browser, asked, {"code": code_of(secret, later=1)})

    assert "The code is wrong" in errors_of(wrong)
    assert right["Location"] == INDEX
    assert is_logged_in(browser)
    assert Session.objects.get().second_factor_at is not None
    again = send_to(Client(), asked, {"code": code_of(secret, later=1)})
    assert again["Location"] == LOGIN


def test_an_account_with_a_passkey_logs_in_with_it(admin: User, settings: Settings) -> None:
    origin = settings.PASSKEY_ORIGINS[0]
    authenticator = Authenticator(origin=origin)
    passkey_of(admin, authenticator)
    browser = Client()

    asked = log_in(browser, phone=str(admin.phone))
    other = Authenticator(origin="https://elsewhere.example", key=authenticator.key)
    wrong = send_to(browser, asked, {"passkey": json.dumps(other.get(passkey_options_of(asked)))})
    reused = send_to(browser, wrong, {"passkey": json.dumps(authenticator.get(passkey_options_of(asked)))})
    malformed = send_to(browser, reused, {"passkey": "[1]"})
    empty = send_to(browser, malformed, {"code": "", "passkey": ""})
    assert not is_logged_in(browser)
    right = send_to(browser, empty, {"passkey": json.dumps(authenticator.get(passkey_options_of(empty)))})

    for refused in (wrong, reused):
        assert "The code is wrong" in errors_of(refused)
    assert "The browser sent no passkey" in errors_of(malformed)
    assert "Enter a code." in errors_of(empty)
    assert right["Location"] == INDEX
    assert is_logged_in(browser)


@pytest.mark.parametrize("setting", ["required", "optional"])
def test_staff_without_a_second_factor_can_only_set_one_up(
    admin: User, settings: Settings, setting: str
) -> None:
    settings.STAFF_SECOND_FACTOR = setting
    browser = Client()
    log_in(browser, phone=str(admin.phone))

    assert browser.get(INDEX).status_code == 302
    assert browser.get(LOGIN)["Location"] == ENROLMENT
    assert "wrong" in errors_of(browser.post(ENROLMENT, {"password": "wrong"}))
    begun = browser.post(ENROLMENT, {"password": PASSWORD})
    assert "data:image/svg" in begun.content.decode()
    assert "wrong" in errors_of(browser.post(ENROLMENT, {"first_code": "000000"}))
    done = browser.post(ENROLMENT, {"first_code": code_of(TotpSecret.objects.get())})

    assert len(done.context["recovery_codes"]) == 10
    assert is_logged_in(browser)
    assert browser.get(ENROLMENT)["Location"] == INDEX
    assert Client().get(ENROLMENT)["Location"] == LOGIN


def test_staff_set_up_a_passkey_as_their_second_factor(admin: User, settings: Settings) -> None:
    authenticator = Authenticator(origin=settings.PASSKEY_ORIGINS[0])
    browser = Client()
    log_in(browser, phone=str(admin.phone))

    begun = browser.post(ENROLMENT, {"password": PASSWORD, "method": "passkey"})
    credential = json.dumps(authenticator.create(passkey_options_of(begun)))
    done = browser.post(ENROLMENT, {"name": "Laptop", "credential": credential})
    again = browser.post(ENROLMENT, {"name": "Laptop", "credential": credential})
    malformed = browser.post(ENROLMENT, {"name": "Laptop", "credential": "7"})

    assert len(done.context["recovery_codes"]) == 10
    assert Passkey.objects.get().name == "Laptop"
    assert is_logged_in(browser)
    assert "could not be verified" in errors_of(again)
    assert "sent no passkey" in errors_of(malformed)


def test_a_login_from_before_the_account_got_a_second_factor_has_to_begin_again(admin: User) -> None:
    browser = Client()
    log_in(browser, phone=str(admin.phone))
    confirmed_totp(admin)

    again = browser.get(INDEX, follow=True)

    assert again.request["PATH_INFO"] == LOGIN
    assert "log in with it" in errors_of(again)
    assert not Session.objects.filter(ended_at=None).exists()
