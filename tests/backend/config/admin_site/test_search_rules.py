"""Staff edit query rules and synonym sets in the admin."""

import pytest
from django.test import Client
from django.utils import timezone

from backend.audit.models import AuditEntry
from backend.search.models import QueryRule, SynonymSet
from backend.search.rules.synonym_services import create_synonym_set
from tests.backend.config.admin_site.browser import errors_of, logged_in, send
from tests.backend.shop import SYSTEM, product

pytestmark = pytest.mark.django_db

RULES, SETS = "/admin/search/queryrule/", "/admin/search/synonymset/"
ACTIONS = """
pin {product} at 2
boost 2.5 brand=Acme Home; brand=Folk; in_stock=true; min_price=5.50; attr.size=M
filter category=home; rating=4
replace cheap with low cost
remove really
"""


@pytest.fixture
def browser() -> Client:
    return logged_in()


def test_a_rule_is_created_changed_and_deleted_as_lines_of_text(browser: Client) -> None:
    lamp = product(category=("Home",))
    text = ACTIONS.strip().format(product=lamp.pk)
    values = {
        "name": "Lamps",
        "is_enabled": "on",
        "priority": "100",
        "match": "contains",
        "phrases": "lamp\n\ndesk light",
        "context": "category=home; brand=Acme",
        "actions": text,
    }

    response = send(browser, f"{RULES}add/", values)

    assert response.status_code == 302, errors_of(response)
    rule = QueryRule.objects.get()
    assert rule.phrases == ["lamp", "desk light"]
    assert rule.context == {"category": "home", "brand": ["Acme"]}
    assert rule.actions == [
        {"type": "pin", "product": lamp.pk, "position": 2},
        {
            "type": "boost",
            "filters": {
                "brand": ["Acme Home", "Folk"],
                "min_price": "5.5",
                "in_stock": True,
                "attributes": {"size": ["M"]},
            },
            "factor": 2.5,
        },
        {"type": "filter", "filters": {"category": "home", "rating": 4.0}},
        {"type": "replace", "words": "cheap", "by": "low cost"},
        {"type": "remove", "words": "really"},
    ]
    page = f"{RULES}{rule.pk}/change/"
    assert send(browser, page, {}).status_code == 302
    assert AuditEntry.objects.filter(object_type="search.QueryRule").count() == 1
    assert send(browser, page, {"actions": "redirect /lamps/"}).status_code == 302
    rule.refresh_from_db()
    assert (rule.actions, rule.version) == ([{"type": "redirect", "url": "/lamps/"}], 2)
    stale = send(browser, page, {"name": "Other", "read_version": "1"})
    assert "changed since you read it" in errors_of(stale)
    assert browser.post(f"{RULES}{rule.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not QueryRule.objects.exists()


@pytest.mark.parametrize(
    ("field", "text", "message"),
    [
        ("actions", "pin lamp", "Line 1: write it as"),
        ("actions", "remove cheap\nexplode", "Line 2: 'explode' is not one of"),
        ("actions", "hide 999", "There is no such product."),
        ("actions", "boost 0 in_stock=true", "factor"),
        ("actions", "filter colour=red", "Unknown field"),
        ("actions", "filter category", "has no value"),
        ("actions", "pin 1 at 99999999999999999999999", "position"),
        ("context", "in_stock=perhaps", "Must be true or false"),
        ("phrases", "!", "Each phrase needs a word."),
    ],
)
def test_a_line_that_cannot_be_read_is_named(browser: Client, field: str, text: str, message: str) -> None:
    values = {
        "name": "Lamps",
        "match": "exact",
        "priority": "1",
        "phrases": "lamp",
        "actions": "remove cheap",
    }

    response = send(browser, f"{RULES}add/", values | {field: text})

    assert response.status_code == 200
    assert message in errors_of(response)
    assert not QueryRule.objects.exists()


def test_a_proposal_is_accepted_or_rejected_once(browser: Client) -> None:
    sets = [
        create_synonym_set(
            {"phrases": phrases, "source": "", "status": "proposed", "evidence": {"lift": 9.5}},
            by=SYSTEM,
            now=timezone.now(),
        )
        for phrases in (["sofa", "couch"], ["vase", "pot"])
    ]

    assert send(browser, f"{SETS}{sets[0].pk}/accept/", {}).status_code == 302
    assert send(browser, f"{SETS}{sets[1].pk}/reject/", {}).status_code == 302
    assert browser.post(f"{SETS}{sets[1].pk}/accept/").status_code == 302

    statuses = dict(SynonymSet.objects.values_list("pk", "status"))
    assert statuses == {sets[0].pk: "active", sets[1].pk: "rejected"}
    page = f"{SETS}{sets[0].pk}/change/"
    assert send(browser, page, {"phrases": "sofa\ncouch\nsettee"}).status_code == 302
    assert SynonymSet.objects.get(pk=sets[0].pk).phrases == ["sofa", "couch", "settee"]
    assert "9.5" in browser.get(page).content.decode()
