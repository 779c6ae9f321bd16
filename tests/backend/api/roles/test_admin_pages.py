"""Who may see which pages of the admin: access.md has the area of each list of rows."""

import re
from importlib import import_module
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from backend.accounts.areas import ALL_AREAS, StaffArea, stored_areas
from backend.accounts.models import Session, User
from backend.accounts.sessions import begin_session
from backend.config.admin_site.logins import LOGIN, SEEN
from tests.backend.api.roles.endpoints import ADMIN, endpoints
from tests.backend.shop import customer, seller, staff

pytestmark = pytest.mark.django_db

LIST = re.compile(rf"{ADMIN}(?!password_change/)\w+/\w+/")
PARAMETER = re.compile(r"<[\w:]+>")
OPEN = {f"{ADMIN}login/", f"{ADMIN}logout/", f"{ADMIN}second-factor/"}
PAGES = sorted({each.route for each in endpoints() if each.route.startswith(ADMIN)})
AREAS = dict(
    re.findall(
        r"^\| `(/admin/\S+)` \| ([a-z, ]+) \|$",
        Path(__file__).with_name("access.md").read_text(),
        re.MULTILINE,
    )
)


def browser_of(user: User) -> Client:
    """Return a browser whose cookie belongs to a login session of the account."""
    begin_session(user, second_factor="totp", now=timezone.now())
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store[LOGIN], store[SEEN] = str(Session.objects.get(user=user).pk), timezone.now().timestamp()
    store.save()
    browser = Client()
    browser.cookies[settings.SESSION_COOKIE_NAME] = store.session_key
    return browser


def test_the_table_has_every_list() -> None:
    assert {page for page in PAGES if LIST.fullmatch(page)} == set(AREAS)


def test_a_list_is_seen_by_staff_with_its_area_only() -> None:
    clerk, admin = customer(is_staff=True), browser_of(staff())
    browser = browser_of(clerk)
    for page, named in AREAS.items():
        seeing = [StaffArea(area) for area in named.split(", ")]
        statuses = []
        for areas in (*({area} for area in seeing), ALL_AREAS - set(seeing)):
            User.objects.filter(pk=clerk.pk).update(areas=stored_areas(areas))
            statuses.append(browser.get(page).status_code)
        assert statuses == [200] * len(seeing) + [403], page
        assert admin.get(page).status_code == 200, page
        # The history is a link to the list of audit entries.
        others = [other for other in PAGES if other.startswith(page) and not other.endswith("/history/")]
        refused = {other: browser.get(PARAMETER.sub("1", other)).status_code for other in others}
        assert set(refused.values()) <= {302, 403, 404}, refused


def test_only_staff_see_pages_of_the_admin() -> None:
    for browser in (
        Client(),
        browser_of(customer()),
        browser_of(seller()),
        browser_of(customer(is_staff=True)),
    ):
        for page in PAGES:
            if page not in OPEN and "(?P" not in page:
                status = browser.get(PARAMETER.sub("1", page)).status_code
                assert status in (302, 404), (page, status)
