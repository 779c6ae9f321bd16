"""Who gets in: staff with the area reports and a second factor, and sellers."""

import re
from typing import Any

import pytest
from django.test import Client

from backend.accounts.areas import StaffArea, stored_areas
from backend.accounts.models import Session, User
from backend.accounts.second_factor.models import TotpSecret
from tests.backend.api.roles.endpoints import DASHBOARD, endpoints
from tests.backend.api.roles.test_admin_pages import browser_of as browser_with_a_login_of
from tests.backend.config.admin_site.browser import PASSWORD, fields_of, log_in, logged_in
from tests.backend.dashboard.conftest import LOGIN, browser_of, fragment
from tests.backend.shop import NOW, customer, seller
from tests.backend.shop import staff as a_member_of_staff

pytestmark = pytest.mark.django_db

INDEX, SALES, FIGURES = "/dashboard/", "/dashboard/sales/", "/dashboard/sales/figures/"


def test_every_page_but_the_login_needs_a_login() -> None:
    pages = {each.route for each in endpoints() if each.route.startswith(DASHBOARD)}
    assert len(pages) > 6
    customers = browser_with_a_login_of(customer())
    for page in pages - {LOGIN, "/dashboard/logout/"}:
        path = re.sub(r"<\w+:\w+>", "1", page)
        method = "post" if Client().get(path).status_code == 405 else "get"
        assert getattr(Client(), method)(path)["Location"].startswith(LOGIN), page
        assert getattr(customers, method)(path).status_code == 403, page


def test_visitors_are_sent_to_the_login_and_return_to_the_page_that_they_wanted(lamp_seller: User) -> None:
    browser = Client(enforce_csrf_checks=True)

    sent = browser.get(f"{SALES}?period=last_7_days")

    assert sent["Location"] == f"{LOGIN}?next=/dashboard/sales/%3Fperiod%3Dlast_7_days"
    form = fields_of(browser.get(sent["Location"]))
    form |= {"phone": str(lamp_seller.phone), "password": PASSWORD}
    entered = browser.post(sent["Location"], form)
    assert entered["Location"] == f"{SALES}?period=last_7_days"
    assert browser.get(entered["Location"]).status_code == 200


@pytest.mark.parametrize("wanted", ["https://evil.example/", "/admin/", "//evil.example/dashboard/"])
def test_the_login_leads_to_pages_of_the_dashboard_only(lamp_seller: User, wanted: str) -> None:
    response = log_in(Client(), phone=str(lamp_seller.phone), path=f"{LOGIN}?next={wanted}")
    assert response["Location"] == INDEX


def test_sellers_get_into_the_dashboard_and_not_into_the_admin(lamp_seller: User) -> None:
    browser = browser_of(lamp_seller)

    assert browser.get(INDEX).status_code == 200
    for path in ("/admin/", "/admin/catalog/product/", "/admin/second-factor/", "/admin/password_change/"):
        response = browser.get(path)
        assert (response.status_code, response["Location"].split("?")[0]) == (302, "/admin/login/"), path


def test_a_seller_with_a_second_factor_is_asked_for_it(lamp_seller: User) -> None:
    TotpSecret.objects.create(user=lamp_seller, nonce="n", created_at=NOW, confirmed_at=NOW)
    browser = Client()

    page = log_in(browser, phone=str(lamp_seller.phone), path=LOGIN)

    assert "Second factor" in page.content.decode()
    assert browser.get(INDEX)["Location"].startswith(LOGIN)


def test_staff_without_a_second_factor_have_to_set_one_up() -> None:
    member = a_member_of_staff(password=PASSWORD)
    browser = Client()

    log_in(browser, phone=str(member.phone), path=LOGIN)

    assert browser.get(SALES)["Location"] == "/admin/second-factor/"
    assert fragment(browser, FIGURES)["Location"] == "/admin/second-factor/"


def test_other_accounts_are_refused(sales: Any) -> None:
    clerk = customer(password=PASSWORD, is_staff=True, areas=stored_areas([StaffArea.STOCK]))
    for user in (customer(password=PASSWORD), clerk):
        page = log_in(Client(), phone=str(user.phone), path=LOGIN)
        assert "neither a seller&#x27;s nor one of staff" in page.content.decode()
    # Staff of another area are logged in to the admin, and see no reports with that login.
    browser = logged_in(clerk)
    assert browser.get(SALES).status_code == 403
    assert "30.00" not in fragment(browser, FIGURES).content.decode()


def test_one_login_ends_everywhere(lamp_seller: User) -> None:
    browser = browser_of(lamp_seller)
    token = browser.cookies["csrftoken"].value if "csrftoken" in browser.cookies else ""

    response = browser.post("/dashboard/logout/", {"csrfmiddlewaretoken": token})

    assert response["Location"] == LOGIN
    assert browser.get(SALES)["Location"].startswith(LOGIN)
    other = browser_of(lamp_seller)
    Session.objects.filter(user=lamp_seller).delete()
    assert fragment(other, FIGURES).status_code == 401


def test_a_former_seller_sees_nothing_more(lamp_seller: User) -> None:
    browser = browser_of(lamp_seller)
    lamp_seller.user_type = "CUSTOMER"
    lamp_seller.save()

    assert browser.get(SALES).status_code == 403


def test_sellers_see_their_sales_alone(
    sales: Any, staff: Client, lamp_seller: User, vase_seller: User
) -> None:
    def net(browser: Client, query: str = "") -> str:
        text: str = fragment(browser, f"{FIGURES}{query}").content.decode()
        (value, *_) = re.findall(r'class="value">(?:<a [^>]*>)?([^<]*)', text)
        return str(value)

    assert net(staff) == "20.10 EUR"
    assert net(browser_of(lamp_seller)) == "20.00 EUR"
    assert net(browser_of(vase_seller)) == "0.10 EUR"
    assert net(browser_of(seller(password=PASSWORD))) == "0"
    # Only staff can choose a seller; the parameter has no effect for others.
    assert net(staff, f"?seller={vase_seller.pk}") == "0.10 EUR"
    assert net(browser_of(lamp_seller), f"?seller={vase_seller.pk}") == "20.00 EUR"


def test_sellers_see_neither_panels_nor_definitions_of_the_whole_shop(lamp_seller: User) -> None:
    browser = browser_of(lamp_seller)

    page = browser.get(INDEX).content.decode()

    assert "overview/visits/" not in page
    assert "overview/figures/" in page
    assert "/dashboard/search/" not in page
    assert "/dashboard/customers/" in page
    assert fragment(browser, "/dashboard/overview/visits/").status_code == 403
    assert browser.get("/dashboard/overview/visits/export/").status_code == 403
    assert browser.get("/dashboard/definitions/sessions/").status_code == 404
    assert browser.get("/dashboard/definitions/sales/").status_code == 200
    assert "rfm_customers" not in browser.get("/dashboard/definitions/").content.decode()


def test_the_api_reads_no_cookie_of_the_dashboard(lamp_seller: User) -> None:
    assert browser_of(lamp_seller).get("/api/analytics/reports/").status_code == 401
