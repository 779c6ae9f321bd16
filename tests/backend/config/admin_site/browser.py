"""A browser that is logged in to the admin, and forms that are sent as the pages show them."""

from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any

from django.test import Client
from django.utils import timezone

from backend.accounts.models import Session, User
from tests.backend.shop import staff

PHONE = "+16502530001"
PASSWORD = "a-long-lamp-shade"
LOGIN = "/admin/login/"


class _Fields(HTMLParser):
    """Collects the values that a browser would send of all forms with fields."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self._select = self._textarea = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        name = named.get("name", "")
        if tag == "input" and name and named.get("type") not in ("submit", "file"):
            is_checkbox = named.get("type") == "checkbox"
            if not is_checkbox or "checked" in named:
                self.values[name] = named.get("value", "on" if is_checkbox else "")
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in named:
            self.values[self._select] = named.get("value", "")
        elif tag == "textarea":
            self._textarea = name
            self.values[name] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.values[self._textarea] = self.values[self._textarea].removeprefix("\n")
            self._textarea = ""
        elif tag == "select":
            self._select = ""

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.values[self._textarea] += data


def fields_of(page: Any) -> dict[str, str]:
    """Return the values that the forms of the page have."""
    parser = _Fields()
    parser.feed(page.content.decode())
    return parser.values


def an_admin(**fields: Any) -> User:
    return staff(**fields)


def log_in(client: Client, *, phone: str, password: str = PASSWORD, path: str = LOGIN) -> Any:
    return client.post(path, {"phone": phone, "password": password})


def logged_in(user: User | None = None) -> Client:
    """Return a browser of the user, by default of staff with all areas, whose second factor was verified."""
    client = Client()
    user = user or staff(password=PASSWORD)
    assert log_in(client, phone=str(user.phone)).status_code == 302
    Session.objects.filter(user=user).update(second_factor_at=timezone.now())
    return client


def send(client: Client, path: str, changes: Mapping[str, Any]) -> Any:
    """Open the page, change some fields of its form and send it."""
    page = client.get(path)
    assert page.status_code == 200, page
    return client.post(path, {**fields_of(page), **changes})


def errors_of(response: Any) -> str:
    """Return the errors and messages that a page shows, if it shows a form again."""
    assert response.status_code == 200, response
    context = response.context
    form = context["adminform"].form if "adminform" in context else context.get("form")
    forms = [] if form is None else [form]
    for inline in context.get("inline_admin_formsets", ()):
        forms.extend([*inline.formset.forms])
    texts = [str(error) for each in forms for errors in each.errors.values() for error in errors]
    return " ".join([*texts, *map(str, context.get("messages", ()))])


def is_logged_in(client: Client) -> bool:
    """Return whether the browser may see the index page."""
    status = client.get("/admin/").status_code
    assert status in (200, 302)
    return status == 200
