"""Rules that hold for the pages of every app: permissions by area, writes by services, bounded queries."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.http import HttpRequest
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from backend.accounts.areas import StaffArea, stored_areas
from backend.accounts.models import Session, User
from backend.api.service_admin.pages import ServiceAdmin, ServiceInline
from backend.audit.admin import OTHER_SEARCH
from backend.audit.models import AuditEntry
from backend.audit.services import record
from backend.catalog.models import Variant
from backend.config.admin_site.pages import load_pages
from backend.orders.fulfilment_models import ReturnReason
from backend.orders.models import Order
from backend.orders.returns import request_return
from backend.orders.shipments import deliver_all, ship_all
from tests.backend.config.admin_site.browser import PASSWORD, logged_in
from tests.backend.invoices.orders import issued
from tests.backend.orders.steps import order_of
from tests.backend.shop import NOW, SYSTEM, customer, product, seller

pytestmark = [pytest.mark.django_db, pytest.mark.once]
load_pages()
PAGES: dict[type[Any], Any] = dict(admin.site._registry.items())
MOST_QUERIES = 12


def address(model: type[Any], page: str = "changelist", *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def member(*areas: StaffArea) -> User:
    """Return a member of staff with these areas."""
    return customer(password=PASSWORD, is_staff=True, areas=stored_areas(areas))


def trade(number: int) -> None:
    """Let customers buy and return things, so that there is a row of nearly everything."""
    owner = seller()
    for _ in range(number):
        lamp = product(sold_by=owner, stock=[5, 5])
        order = order_of(customer(first_name="Ann"), {each.pk: 1 for each in lamp.variants.all()})
        ship_all(order.pk, by=SYSTEM, now=NOW)
        deliver_all(order.pk, by=SYSTEM, now=NOW)
        item = order.items.all()[0]
        request_return(
            order.pk, units={item.pk: 1}, reasons={item.pk: ReturnReason.OTHER}, by=SYSTEM, now=NOW
        )
        issued(order)


def queries_of(browser: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        response = browser.get(path)
    assert response.status_code == 200, path
    return len(queries)


def test_every_page_belongs_to_an_area_and_writes_through_services_only() -> None:
    own = {"save_model", "delete_model", "delete_queryset", "save_formset", "save_related"}

    assert PAGES
    for model, page in PAGES.items():
        assert isinstance(page, ServiceAdmin), model
        assert StaffArea(page.area)
        assert not own & vars(type(page)).keys(), model
        assert all(issubclass(inline, ServiceInline) for inline in page.inlines), model
        assert page.search_help_text or not page.search_fields, model


def test_lists_and_pages_need_as_few_queries_for_many_rows_as_for_one() -> None:
    browser = logged_in()
    trade(1)
    few = {model: queries_of(browser, address(model)) for model in PAGES}
    trade(4)

    for model, page in PAGES.items():
        many = queries_of(browser, address(model))
        assert many <= few[model] + 1 <= MOST_QUERIES, model
        row = page.model._default_manager.first()
        if row is not None:
            assert queries_of(browser, address(model, "change", row.pk)) <= 30, model


def test_searches_and_filters_answer_whatever_is_typed() -> None:
    browser = logged_in()
    trade(1)

    for model, page in PAGES.items():
        texts = ("17", "+1 555 a'%", "9" * 30, "\0é")
        for text in texts if page.search_fields else texts[:1]:
            assert browser.get(address(model), {"q": text}).status_code == 200, (model, text)


def test_columns_that_no_page_shows_can_not_be_guessed_by_filters() -> None:
    browser = logged_in()

    for model, lookup in ((User, "password__startswith"), (Session, "user__password__startswith")):
        assert browser.get(address(model), {lookup: "argon2"}).status_code == 400
    assert browser.get(address(Session), {"refresh_id__startswith": "a"}).status_code == 400
    assert browser.get(address(User), {"is_staff__exact": "1"}).status_code == 200


@pytest.mark.parametrize("area", list(StaffArea))
def test_an_area_opens_its_pages_and_no_others(area: StaffArea) -> None:
    request = HttpRequest()
    request.user = User(is_staff=True, areas=stored_areas([area]))

    for model, page in PAGES.items():
        expected = {page.area} | ({StaffArea.STAFF} if model is User else set())
        assert page.has_view_permission(request) == (area in expected), model


def test_pages_and_operations_of_other_areas_are_refused() -> None:
    browser = logged_in(member(StaffArea.STOCK))
    trade(1)
    order = Order.objects.get()

    assert browser.get("/admin/").status_code == 200
    assert browser.get(address(Variant)).status_code == 200
    for path in (address(Order), address(Order, "change", order.pk), address(Order, "ship", order.pk)):
        assert browser.get(path).status_code == 403
        assert browser.post(path, {}).status_code == 403


def test_read_only_pages_have_no_form_that_saves() -> None:
    browser = logged_in()
    trade(1)

    for model in (Order, AuditEntry, Session):
        row: Any = model._default_manager.first()
        path = address(model, "change", row.pk)
        assert "_save" not in browser.get(path).content.decode()
        assert browser.post(path, {"status": "CANCELLED"}).status_code == 403
        assert browser.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
        assert browser.get(address(model, "add")).status_code == 403


def test_history_is_the_audit_log_and_the_log_of_django_stays_empty() -> None:
    browser = logged_in()
    trade(1)
    order = Order.objects.get()

    page = browser.get(address(Order, "history", order.pk), follow=True)

    assert "orders.status_changed" in page.content.decode()
    assert not LogEntry.objects.exists()


def test_reading_the_audit_log_is_recorded_and_shows_personal_values_as_fingerprints() -> None:
    auditor = member(StaffArea.AUDIT)
    browser = logged_in(auditor)
    subject = ("accounts.User", "7")
    record("accounts.email_changed", by=SYSTEM, subject=subject, personal={"email": ("", "a@shop.example")})
    entry = AuditEntry.objects.latest("pk")

    browser.get(address(AuditEntry), {"q": "accounts.User 7\0"})
    browser.get(address(AuditEntry), {"q": "+1 555 010 0003", "p": "2"})
    page = browser.get(address(AuditEntry, "change", entry.pk)).content.decode()

    reads = AuditEntry.objects.filter(action__startswith="audit.").order_by("pk")
    assert [(read.action, read.object_id, read.changes, read.user_id) for read in reads] == [
        ("audit.entries_read", "", {"search": [None, "accounts.User 7"]}, auditor.pk),
        ("audit.entries_read", "", {"search": [None, OTHER_SEARCH], "page": [None, "2"]}, auditor.pk),
        ("audit.entry_read", str(entry.pk), {}, auditor.pk),
    ]
    assert "email: empty → " in page
    assert (entry.personal or {})["email"][1] not in page
