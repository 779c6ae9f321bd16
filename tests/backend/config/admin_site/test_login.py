"""Logins to the admin: what begins, ends and limits them."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session as StoredSession
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from backend.accounts.models import Session, User
from backend.accounts.second_factor import passkeys
from backend.accounts.second_factor.models import Passkey, TotpSecret
from backend.accounts.second_factor.totp import generator_of, new_secret
from backend.audit.models import AuditEntry
from backend.config.cookies import admin_cookies
from backend.config.tasks import forget_admin_sessions
from tests.backend.accounts.clients import bearer
from tests.backend.accounts.clients import log_in as log_in_to_the_api
from tests.backend.accounts.second_factor.authenticator import Authenticator
from tests.backend.config.admin_site.browser import PASSWORD, errors_of, fields_of, log_in, logged_in, send
from tests.backend.shop import client_of, customer, staff

pytestmark = pytest.mark.django_db

INDEX = "/admin/"
LOGIN = "/admin/login/"
ENROLMENT = "/admin/second-factor/"


@pytest.fixture
def admin() -> User:
    return staff(password=PASSWORD)


@pytest.fixture
def browser(admin: User) -> Client:
    return logged_in(admin)


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


def signed_by(page: Any) -> dict[str, Any]:
    """Return the options that the page has for a passkey."""
    options: dict[str, Any] = json.loads(page.context["passkey_options"])
    return options


def send_to(browser: Client, page: Any, changes: dict[str, str]) -> Any:
    """Send the form of a page that a browser got."""
    return browser.post(LOGIN, {**fields_of(page), **changes})


def is_in(browser: Client) -> bool:
    """Return whether the browser may see the index page."""
    status = browser.get(INDEX).status_code
    assert status in (200, 302)
    return status == 200


def test_staff_log_in_with_phone_and_password_and_get_to_the_page_they_wanted(admin: User) -> None:
    browser = Client()
    wanted = "/admin/catalog/product/"

    asked = browser.get(wanted)
    wrong = log_in(browser, phone=str(admin.phone), password="wrong", path=asked["Location"])
    right = log_in(browser, phone=str(admin.phone), path=asked["Location"])

    assert asked["Location"] == f"{LOGIN}?next={wanted}"
    assert "Phone or password is wrong." in errors_of(wrong)
    assert right["Location"] == wanted
    assert Session.objects.get().user == admin
    entry = AuditEntry.objects.get(action="accounts.session_started")
    assert entry.user_id == admin.pk


@pytest.mark.parametrize("wanted", ["https://elsewhere.example/admin/", "//elsewhere.example/", "/api/", ""])
def test_a_login_leads_to_pages_of_the_admin_only(admin: User, wanted: str) -> None:
    response = log_in(Client(), phone=str(admin.phone), path=f"{LOGIN}?next={wanted}")

    assert response["Location"] == INDEX


def test_customers_and_inactive_staff_get_no_session() -> None:
    shopper = customer(password=PASSWORD)
    former = staff(password=PASSWORD, is_active=False)

    for user, error in ((shopper, "staff"), (former, "Phone or password is wrong.")):
        response = log_in(Client(), phone=str(user.phone))
        assert error in errors_of(response)
        assert not response.cookies.get("admin_session")
    assert not Session.objects.exists()
    assert not StoredSession.objects.exists()


def test_the_login_page_stores_nothing_and_forms_without_their_token_are_refused(admin: User) -> None:
    browser = Client(enforce_csrf_checks=True)

    assert browser.get(LOGIN).status_code == 200
    assert not StoredSession.objects.exists()
    assert log_in(browser, phone=str(admin.phone)).status_code == 403


def test_cookies_are_sent_to_the_admin_only_and_never_to_scripts(admin: User) -> None:
    browser = Client()
    browser.get(LOGIN)
    response = log_in(browser, phone=str(admin.phone))

    for name in ("admin_session", "csrftoken"):
        cookie = browser.cookies[name]
        assert (cookie["path"], bool(cookie["httponly"]), cookie["samesite"]) == ("/admin/", True, "Strict")
    assert response.cookies["admin_session"]["max-age"] == ""


def test_the_cookies_of_a_shop_on_https_are_bound_to_its_host(admin: User, settings: Settings) -> None:
    cookies = admin_cookies(is_secure=True)
    settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME = cookies.session, cookies.csrf
    settings.SESSION_COOKIE_PATH = settings.CSRF_COOKIE_PATH = cookies.path
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    browser = Client(enforce_csrf_checks=True)
    page = browser.get(LOGIN, secure=True)
    form = {**fields_of(page), "phone": str(admin.phone), "password": PASSWORD}

    sent = browser.post(LOGIN, form, secure=True, headers={"Referer": "https://testserver/admin/login/"})

    assert sent.status_code == 302
    for name in ("__Host-admin_session", "__Host-csrftoken"):
        cookie = browser.cookies[name]
        assert (cookie["path"], cookie["domain"], bool(cookie["secure"])) == ("/", "", True)
    # The cookie is that of the login, which has to set up a second factor first.
    assert browser.get(LOGIN, secure=True)["Location"] == ENROLMENT


def test_a_login_replaces_the_key_of_the_session_that_the_browser_had(browser: Client, admin: User) -> None:
    before = browser.cookies["admin_session"].value

    log_in(browser, phone=str(admin.phone))

    assert browser.cookies["admin_session"].value != before
    assert not StoredSession.objects.filter(pk=before).exists()


def end_under_my_sessions(browser: Client, admin: User) -> None:
    client = client_of()
    tokens = log_in_to_the_api(client, phone=str(admin.phone), password=PASSWORD)
    client.delete("/api/accounts/sessions/", headers=bearer(tokens["access_token"]))


def deactivate(browser: Client, admin: User) -> None:
    User.objects.filter(pk=admin.pk).update(is_active=False)


def change_password_elsewhere(browser: Client, admin: User) -> None:
    other = logged_in(admin)
    new = {
        "current_password": PASSWORD,
        "password": "an-even-longer-shade",
        "repeated": "an-even-longer-shade",
    }
    assert send(other, "/admin/password_change/", new).status_code == 302
    assert is_in(other)


def log_out(browser: Client, admin: User) -> None:
    browser.get("/admin/logout/")
    assert is_in(browser)
    browser.post("/admin/logout/")
    assert not Session.objects.filter(ended_at=None).exists()


def become_too_old(browser: Client, admin: User) -> None:
    Session.objects.update(created_at=timezone.now() - timedelta(hours=12, minutes=1))


def be_idle(browser: Client, admin: User) -> None:
    values = browser.session
    values["seen_at"] -= 31 * 60
    values.save()


def lose_the_row_of_the_cookie(browser: Client, admin: User) -> None:
    StoredSession.objects.all().delete()


@pytest.mark.parametrize(
    "ending",
    [
        end_under_my_sessions,
        deactivate,
        change_password_elsewhere,
        log_out,
        become_too_old,
        be_idle,
        lose_the_row_of_the_cookie,
    ],
)
def test_a_login_ends(ending: object, browser: Client, admin: User) -> None:
    assert is_in(browser)

    ending(browser, admin)  # type: ignore[operator]

    assert not is_in(browser)


def test_the_time_of_the_last_request_is_written_once_a_minute(
    browser: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(2):
        browser.get("/admin/password_change/")
    values = browser.session
    values["seen_at"] -= 61
    values.save()
    used = Session.objects.get().last_used_at

    browser.get("/admin/password_change/")

    assert Session.objects.get().last_used_at > used  # type: ignore[operator]


def test_expired_sessions_of_django_are_deleted(browser: Client) -> None:
    kept = logged_in(staff(password=PASSWORD)).cookies["admin_session"].value
    StoredSession.objects.exclude(pk=kept).update(expire_date=timezone.now() - timedelta(minutes=1))

    forget_admin_sessions()

    assert [row.pk for row in StoredSession.objects.all()] == [kept]


def test_requests_to_the_api_neither_read_nor_write_sessions_of_the_admin(
    browser: Client, django_assert_num_queries: DjangoAssertNumQueries, settings: Settings
) -> None:
    client = client_of()
    client.cookies = browser.cookies

    with django_assert_num_queries(0):
        anonymous = client.get("/api/health/live/")
    with django_assert_num_queries(0):
        refused = client.get("/accounts/me/")

    assert anonymous.status_code == 200
    assert refused.status_code == 401
    for response in (anonymous, refused):
        assert not hasattr(response.wsgi_request, "session")
        assert not response.cookies


def test_the_policy_of_the_admin_allows_no_inline_script_and_no_other_site(browser: Client) -> None:
    for path in (INDEX, LOGIN, "/admin/catalog/product/"):
        policy = browser.get(path)["Content-Security-Policy"]
        directives = dict(each.strip().split(" ", 1) for each in policy.split(";"))
        assert directives["default-src"] == "'none'"
        assert directives["script-src"] == "'self' 'unsafe-eval'"
        assert directives["frame-ancestors"] == "'none'"
    assert "unsafe" not in client_of().get("/api/health/live/")["Content-Security-Policy"]


def test_an_account_with_an_authenticator_app_is_asked_for_its_code(admin: User) -> None:
    secret = confirmed_totp(admin)
    browser = Client()

    asked = log_in(browser, phone=str(admin.phone))
    wrong = send_to(browser, asked, {"code": "000000"})
    assert not is_in(browser)
    right = send_to(browser, asked, {"code": code_of(secret, later=1)})

    assert "The code is wrong" in errors_of(wrong)
    assert right["Location"] == INDEX
    assert is_in(browser)
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
    wrong = send_to(browser, asked, {"passkey": json.dumps(other.get(signed_by(asked)))})
    reused = send_to(browser, wrong, {"passkey": json.dumps(authenticator.get(signed_by(asked)))})
    malformed = send_to(browser, reused, {"passkey": "[1]"})
    empty = send_to(browser, malformed, {"code": "", "passkey": ""})
    assert not is_in(browser)
    right = send_to(browser, empty, {"passkey": json.dumps(authenticator.get(signed_by(empty)))})

    for refused in (wrong, reused):
        assert "The code is wrong" in errors_of(refused)
    assert "The browser sent no passkey" in errors_of(malformed)
    assert "Enter a code." in errors_of(empty)
    assert right["Location"] == INDEX
    assert is_in(browser)


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
    assert is_in(browser)
    assert browser.get(ENROLMENT)["Location"] == INDEX
    assert Client().get(ENROLMENT)["Location"] == LOGIN


def test_staff_set_up_a_passkey_as_their_second_factor(admin: User, settings: Settings) -> None:
    authenticator = Authenticator(origin=settings.PASSKEY_ORIGINS[0])
    browser = Client()
    log_in(browser, phone=str(admin.phone))

    begun = browser.post(ENROLMENT, {"password": PASSWORD, "method": "passkey"})
    credential = json.dumps(authenticator.create(signed_by(begun)))
    done = browser.post(ENROLMENT, {"name": "Laptop", "credential": credential})
    again = browser.post(ENROLMENT, {"name": "Laptop", "credential": credential})
    malformed = browser.post(ENROLMENT, {"name": "Laptop", "credential": "7"})

    assert len(done.context["recovery_codes"]) == 10
    assert Passkey.objects.get().name == "Laptop"
    assert is_in(browser)
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
