"""Every write that a page of the admin offers: what it changes, its audit entry, and what it refuses."""

import html
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from backend.accounts.models import User
from backend.api.service_admin.permissions import AreaPermissions
from backend.audit.models import AuditEntry
from backend.config.admin_site.pages import load_pages
from tests.backend.config.admin_site.browser import PASSWORD, fields_of, logged_in
from tests.backend.config.admin_site.writes import WRITES, Write
from tests.backend.shop import staff

pytestmark = [pytest.mark.django_db, pytest.mark.once]
load_pages()
CRUD = ("create", "change", "remove")


def offered(page: Any) -> list[str]:
    """Return the methods that the page or the inline implements by a service."""
    return [name for name in CRUD if getattr(type(page), name) is not getattr(AreaPermissions, name)]


def writes_of(page: Any) -> set[str]:
    """Return the names of the writes that the page offers, as the table has them."""
    inlines = [inline(page.model, admin.site) for inline in page.inlines]
    return {
        *offered(page),
        *(operation.name for operation in page.operations if operation.changes_row),
        *(f"change {type(inline).__name__} {name}" for inline in inlines for name in offered(inline)),
    }


def test_the_table_has_every_write_of_every_page_and_no_page_has_bulk_actions() -> None:
    pages: dict[type[Any], Any] = dict(admin.site._registry)
    request = HttpRequest()
    request.user = User(is_staff=True, is_superuser=True)

    found = {(model, name) for model, page in pages.items() for name in writes_of(page)}

    assert {(write.model, write.name) for write in WRITES} == found
    assert len(WRITES) == len(found)
    assert not [model for model, page in pages.items() if page.get_actions(request)]


def address_of(write: Write, row: Any) -> str:
    meta = write.model._meta
    return reverse(
        f"admin:{meta.app_label}_{meta.model_name}_{write.page}", args=() if row is None else [row.pk]
    )


def sent_to(browser: Client, path: str, values: Any) -> tuple[bool, str]:
    """Send the form with the values; return whether it was accepted, and the text of the next page."""
    page = browser.get(path, follow=True)
    form = {} if page.redirect_chain else {**fields_of(page), **values}
    response = page if page.redirect_chain else browser.post(path, form, follow=True)
    return bool(response.redirect_chain), html.unescape(response.content.decode())


@pytest.mark.parametrize("write", WRITES, ids=lambda write: f"{write.model.__name__} {write.name}")
def test_a_write_changes_its_row_once_is_recorded_and_refuses_wrong_input(
    write: Write, tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VITRINE_HOME", str(tmp_path))
    settings.MEDIA_ROOT = tmp_path / "media"
    author = staff(password=PASSWORD)
    browser = logged_in(author)
    row = write.arrange(tmp_path)
    path = address_of(write, row)
    entries = AuditEntry.objects.filter(action=write.audit, user_id=author.pk)
    recorded = entries.count()

    def state() -> object:
        return write.state(None if row is None else write.model._base_manager.filter(pk=row.pk).first())

    before = state()
    if write.wrong is not None:
        accepted, text = sent_to(browser, path, write.wrong(row))
        assert not accepted
        assert write.error in text
        assert (state(), entries.count()) == (before, recorded)

    accepted, text = sent_to(browser, path, write.sent(row))
    assert accepted, text
    assert before != state() == write.expected
    assert entries.count() == recorded + 1

    if write.wrong is None:
        _, text = sent_to(browser, path, {})
        assert write.error in text
        assert (state(), entries.count()) == (write.expected, recorded + 1)
