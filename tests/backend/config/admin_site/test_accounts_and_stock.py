"""Staff change accounts and stock in the admin, as far as their areas allow."""

import pytest
from django.test import Client
from django.utils import timezone

from backend.accounts.areas import StaffArea, stored_areas
from backend.accounts.models import Session, User
from backend.accounts.sessions import begin_session
from backend.audit.models import AuditEntry
from backend.inventory.models import InventoryTransaction, StockThreshold
from tests.backend.config.admin_site.browser import PASSWORD, errors_of, log_in, logged_in, send
from tests.backend.shop import customer, staff, stock_of, variant

pytestmark = pytest.mark.django_db

USERS = "/admin/accounts/user/"


@pytest.fixture
def browser() -> Client:
    return logged_in()


def test_accounts_are_found_by_phone_name_and_id(browser: Client) -> None:
    ann = customer(first_name="Ann", last_name="Miller")
    bob = customer(first_name="Bob", last_name="Smith")

    for text in (str(ann.phone), f" {ann.phone} ", "mill", "ann miller", str(ann.pk)):
        page = browser.get(USERS, {"q": text}).content.decode()
        assert f"{USERS}{ann.pk}/change/" in page, text
        assert f"{USERS}{bob.pk}/change/" not in page, text


def test_a_deactivated_account_loses_its_sessions_and_the_last_admin_can_not_be_deactivated() -> None:
    admin, colleague = staff(password=PASSWORD), staff(password=PASSWORD)
    browser, other = logged_in(admin), logged_in(colleague)

    send(browser, f"{USERS}{colleague.pk}/deactivate/", {})
    last = send(browser, f"{USERS}{admin.pk}/deactivate/", {})

    assert other.get("/admin/").status_code == 302
    assert "last" in errors_of(last)
    assert User.objects.get(pk=admin.pk).is_active

    send(browser, f"{USERS}{colleague.pk}/activate/", {})
    assert log_in(Client(), phone=str(colleague.phone)).status_code == 302


def test_sessions_are_ended_one_by_one_or_all_at_once(browser: Client) -> None:
    colleague = staff(password=PASSWORD)
    one, two = logged_in(colleague), logged_in(colleague)
    session = Session.objects.filter(user=colleague).order_by("created_at").first()
    assert session is not None

    send(browser, f"/admin/accounts/session/{session.pk}/end/", {})
    assert (one.get("/admin/").status_code, two.get("/admin/").status_code) == (302, 200)

    send(browser, f"{USERS}{colleague.pk}/end-sessions/", {})
    assert two.get("/admin/").status_code == 302
    assert (
        session.refresh_id
        not in browser.get(f"/admin/accounts/session/{session.pk}/change/").content.decode()
    )


def test_areas_are_given_by_staff_who_have_them_and_not_by_those_who_serve_customers() -> None:
    support = customer(password=PASSWORD, is_staff=True, areas=stored_areas([StaffArea.CUSTOMERS]))
    lead = customer(password=PASSWORD, is_staff=True, areas=stored_areas([StaffArea.STAFF, StaffArea.ORDERS]))
    newcomer = customer()
    path = f"{USERS}{newcomer.pk}/areas/"

    refused = send(logged_in(support), path, {"areas": ["orders"]})
    beyond = send(logged_in(), f"{USERS}{newcomer.pk}/areas/", {"areas": ["orders"]})
    hidden = logged_in(lead).get(f"{USERS}{customer().pk}/change/")

    assert "area" in errors_of(refused)
    assert beyond.status_code == 302
    assert User.objects.get(pk=newcomer.pk).staff_areas == {StaffArea.ORDERS}
    assert hidden.status_code == 302


def test_sessions_of_staff_are_ended_by_staff_with_all_of_their_areas() -> None:
    support = customer(password=PASSWORD, is_staff=True, areas=stored_areas([StaffArea.CUSTOMERS]))
    lead = customer(
        password=PASSWORD, is_staff=True, areas=stored_areas([StaffArea.STAFF, StaffArea.CUSTOMERS])
    )
    admin, helper = staff(), customer(is_staff=True, areas=stored_areas([StaffArea.STOCK]))
    now = timezone.now()
    kept = [begin_session(user, now=now).session_id for user in (admin, helper)]
    shopper = begin_session(customer(), now=now)

    for sender in (logged_in(support), logged_in(lead)):
        for user, session in zip((admin, helper), kept, strict=True):
            for page in (f"{USERS}{user.pk}/end-sessions/", f"/admin/accounts/session/{session}/end/"):
                assert "area" in errors_of(send(sender, page, {}))
    refused = errors_of(send(logged_in(lead), f"{USERS}{helper.pk}/end-sessions/", {}))
    ended = send(logged_in(support), f"/admin/accounts/session/{shopper.session_id}/end/", {})

    assert "areas: stock" in refused
    assert ended.status_code == 302
    assert set(Session.objects.filter(ended_at=None).values_list("pk", flat=True)) >= set(kept)
    assert Session.objects.get(pk=shopper.session_id).ended_at is not None


def test_stock_changes_only_through_entries_of_the_ledger_which_stay(browser: Client) -> None:
    lamp = variant(stock=5)
    page = f"/admin/catalog/variant/{lamp.pk}/"

    counted = send(browser, f"{page}record/", {"transaction_type": "ADJUSTMENT", "quantity": "-2"})
    too_many = send(browser, f"{page}record/", {"transaction_type": "DAMAGE", "quantity": "4"})

    assert counted.status_code == 302, errors_of(counted)
    assert "available" in errors_of(too_many)
    assert stock_of(lamp.pk) == (3, 0)
    entry = InventoryTransaction.objects.order_by("pk").last()
    assert entry is not None
    assert entry.recorded_by is not None
    assert AuditEntry.objects.filter(action="inventory.stock_changed", user_id=entry.recorded_by_id).exists()
    ledger = f"/admin/inventory/inventorytransaction/{entry.pk}/"
    assert browser.post(f"{ledger}change/", {"quantity": "9"}).status_code == 403
    assert browser.post(f"{ledger}delete/", {"post": "yes"}).status_code == 403

    send(browser, f"{page}threshold/", {"units": "2"})
    assert StockThreshold.objects.get().units == 2
    send(browser, f"{page}threshold/", {"units": ""})
    assert not StockThreshold.objects.exists()
