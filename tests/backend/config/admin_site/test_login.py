"""Logins to the admin: what begins, ends and limits them."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session as StoredSession
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from backend.accounts.models import Session, User
from backend.audit.models import AuditEntry
from backend.config.cookies import admin_cookies
from backend.config.tasks import forget_admin_sessions
from tests.backend.accounts.clients import bearer
from tests.backend.accounts.clients import log_in as log_in_to_the_api
from tests.backend.config.admin_site.browser import (
    PASSWORD,
    errors_of,
    fields_of,
    is_logged_in,
    log_in,
    logged_in,
    send,
)
from tests.backend.shop import client_of, customer, staff

pytestmark = pytest.mark.django_db

INDEX = "/admin/"
LOGIN = "/admin/login/"


@pytest.fixture
def admin() -> User:
    return staff(password=PASSWORD)


@pytest.fixture
def browser(admin: User) -> Client:
    return logged_in(admin)


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


def test_cookies_are_never_sent_to_other_sites_or_to_scripts(admin: User) -> None:
    browser = Client()
    browser.get(LOGIN)
    response = log_in(browser, phone=str(admin.phone))

    for name in ("admin_session", "csrftoken"):
        cookie = browser.cookies[name]
        assert (cookie["path"], bool(cookie["httponly"]), cookie["samesite"]) == ("/", True, "Strict")
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
    assert browser.get(LOGIN, secure=True)["Location"] == "/admin/second-factor/"


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
    assert is_logged_in(other)


def log_out(browser: Client, admin: User) -> None:
    browser.get("/admin/logout/")
    assert is_logged_in(browser)
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
    assert is_logged_in(browser)

    ending(browser, admin)  # type: ignore[operator]

    assert not is_logged_in(browser)


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
