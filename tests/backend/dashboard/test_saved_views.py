"""Saved views belong to their user, and keep the filters of the page."""

import pytest
from django.test import Client

from backend.accounts.models import User
from backend.dashboard.models import SavedView
from backend.dashboard.saved_views import MOST_VIEWS
from tests.backend.config.admin_site.browser import fields_of
from tests.backend.dashboard.conftest import browser_of

pytestmark = pytest.mark.django_db

SALES = "/dashboard/sales/"
QUERY = "period=last_month&compare=previous_year&breakdown=brand&category=Home+%3E+Vases"


def save(client: Client, name: str, query: str = QUERY) -> str:
    """Save the sales page under a name; return the text of the page that follows."""
    return client.post(f"{SALES}save/?{query}", {"name": name}, follow=True).content.decode()


def test_a_view_is_saved_opened_replaced_and_deleted(lamp_seller: User) -> None:
    browser = browser_of(lamp_seller)

    assert "Vases is saved." in save(browser, " Vases ")

    view = SavedView.objects.get()
    assert (view.name, view.page, view.query) == ("Vases", "sales", QUERY)
    opened = fields_of(browser.get(f"{SALES}?{view.query}"))
    assert (opened["period"], opened["category"]) == ("last_month", "Home > Vases")
    assert "?period=last_month&amp;compare=previous_year" in browser.get("/dashboard/").content.decode()
    save(browser, "Vases", "period=last_7_days")
    assert SavedView.objects.get().query.startswith("period=last_7_days")
    response = browser.post(f"/dashboard/views/{view.pk}/delete/", follow=True)
    assert "The view is deleted." in response.content.decode()
    assert not SavedView.objects.exists()


@pytest.mark.parametrize("number", [0, 2**63, 10**30])
def test_a_view_that_does_not_exist_is_not_found(lamp_seller: User, number: int) -> None:
    assert browser_of(lamp_seller).post(f"/dashboard/views/{number}/delete/").status_code == 404


def test_views_of_others_are_neither_seen_nor_deleted(lamp_seller: User, vase_seller: User) -> None:
    save(browser_of(lamp_seller), "Mine alone")
    other = browser_of(vase_seller)

    assert "Mine alone" not in other.get("/dashboard/").content.decode()
    assert other.post(f"/dashboard/views/{SavedView.objects.get().pk}/delete/").status_code == 404
    assert SavedView.objects.exists()


@pytest.mark.parametrize(
    ("name", "query", "message"),
    [
        ("", QUERY, "Name must have 1 to 80 characters."),
        ("x" * 81, QUERY, "Name must have 1 to 80 characters."),
        ("A\0view", QUERY, "Name must have 1 to 80 characters."),
        ("A view", "period=custom", "Filters can&#x27;t be saved"),
        ("A view", f"category={'x' * 1_001}", "Filters can&#x27;t be saved"),
        ("A view", "category=%00", "Filters can&#x27;t be saved"),
    ],
)
def test_what_cannot_be_saved_is_explained(lamp_seller: User, name: str, query: str, message: str) -> None:
    assert message in save(browser_of(lamp_seller), name, query)
    assert not SavedView.objects.exists()


def test_the_number_of_views_is_limited(lamp_seller: User) -> None:
    browser = browser_of(lamp_seller)
    for number in range(MOST_VIEWS):
        SavedView.objects.create(
            user=lamp_seller, name=str(number), page="sales", saved_at="2026-01-01T00:00:00Z"
        )

    assert "delete one first" in save(browser, "One more")
    assert "is saved" in save(browser, "1")
    assert SavedView.objects.count() == MOST_VIEWS


def test_saving_needs_the_token_of_the_form(lamp_seller: User) -> None:
    session = browser_of(lamp_seller).cookies["admin_session"].value
    browser = Client(enforce_csrf_checks=True)
    browser.cookies["admin_session"] = session

    assert browser.post(f"{SALES}save/", {"name": "A view"}).status_code == 403
    page = browser.get(SALES)
    token = fields_of(page)["csrfmiddlewaretoken"]
    assert browser.post(f"{SALES}save/", {"name": "A view", "csrfmiddlewaretoken": token}).status_code == 302
