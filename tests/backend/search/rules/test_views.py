"""Query rules and synonym sets over HTTP."""

from typing import Any

import pytest

from backend.audit.models import AuditEntry
from backend.search.models import QueryRule
from tests.backend.shop import client_of, product, staff

pytestmark = pytest.mark.django_db

RULES, SYNONYMS = "/api/search/rules/", "/api/search/synonyms/"


def rule(*actions: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"name": "Rule", "match": "contains", "phrases": ["lamp"], "actions": list(actions), **fields}


def limited(limits: dict[str, Any]) -> dict[str, Any]:
    return {"type": "filter", "filters": {"attribute_limits": limits}}


HIDE = {"type": "remove", "words": "cheap"}


def test_staff_create_change_and_delete_rules() -> None:
    client, lamp = client_of(staff()), product("Lamp", category=("Sale",))
    values = rule(
        {"type": "pin", "product": lamp.pk, "position": 2},
        {"type": "boost", "filters": {"category": "sale", "min_price": "1.5"}, "factor": 2.0},
        context={"brand": ["Acme"], "attributes": {"size": ["M"]}},
        starts_at="2026-03-01T00:00:00Z",
    )

    created = client.post(RULES, values)
    assert created.status_code == 201, created.json()
    stored = created.json()["data"]
    assert {name: stored[name] for name in values} == values
    assert (stored["version"], stored["priority"], stored["is_enabled"]) == (1, 100, True)
    path = f"{RULES}{stored['id']}/"
    changed = client.put(path, {**values, "is_enabled": False, "version": 1}).json()["data"]
    assert (changed["is_enabled"], changed["version"]) == (False, 2)
    assert client.put(path, {**values, "is_enabled": False, "version": 2}).json()["data"]["version"] == 2
    assert client.get(path).json()["data"] == client.get(RULES).json()["results"][0]
    assert client.delete(path).json()["data"] == {"id": stored["id"]}
    assert client.get(path).json()["code"] == "query_rule_not_found"
    entries = AuditEntry.objects.filter(object_type="search.QueryRule").order_by("pk")
    assert [(each.action, each.changes["is_enabled"]) for each in entries] == [
        ("search.query_rule_created", [None, True]),
        ("search.query_rule_updated", [True, False]),
        ("search.query_rule_deleted", [False, None]),
    ]


def test_a_change_of_an_older_version_is_refused() -> None:
    client = client_of(staff())
    stored = client.post(RULES, rule(HIDE)).json()["data"]
    path = f"{RULES}{stored['id']}/"
    client.put(path, rule(HIDE, name="First", version=1))

    refused = client.put(path, rule(HIDE, name="Second", version=1))

    assert (refused.status_code, refused.json()["code"]) == (409, "edited_meanwhile")
    assert refused.json()["details"] == {"version": 2}
    assert QueryRule.objects.get().name == "First"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"actions": []}, "actions"),
        ({"actions": [{"type": "pin", "product": 1}]}, "actions.0.position"),
        ({"actions": [{"type": "hide", "product": 1, "position": 1}]}, "actions.0.position"),
        ({"actions": [{"type": "hide", "product": 999}]}, "actions.0.product"),
        ({"actions": [{"type": "pin", "product": 1, "position": 0}]}, "actions.0.position"),
        ({"actions": [{"type": "boost", "filters": {}, "factor": 2}]}, "actions.0.filters"),
        ({"actions": [{"type": "boost", "filters": {"in_stock": True}, "factor": 0}]}, "actions.0.factor"),
        ({"actions": [{"type": "filter", "filters": {"category": "nowhere"}}]}, "actions.0.filters.category"),
        ({"actions": [{"type": "filter", "filters": {"colour": "red"}}]}, "actions.0.filters.colour"),
        ({"actions": [limited({"colour": {"min": "1"}})]}, "actions.0.filters.attribute_limits.colour"),
        (
            {"actions": [limited({"weight": {}})]},
            "actions.0.filters.attribute_limits.weight",
        ),
        (
            {"actions": [limited({"weight": {"min": "2", "max": "1"}})]},
            "actions.0.filters.attribute_limits.weight.min",
        ),
        (
            {"actions": [limited({"weight": {"min": "1 kg"}})]},
            "actions.0.filters.attribute_limits.weight.min",
        ),
        (
            {"actions": [limited({"weight": {"least": "1"}})]},
            "actions.0.filters.attribute_limits.weight.least",
        ),
        (
            {"actions": [limited({"weight": ["1"]})]},
            "actions.0.filters.attribute_limits.weight",
        ),
        ({"actions": [limited({"weight": {"max": ""}})]}, "actions.0.filters.attribute_limits.weight.max"),
        ({"actions": [{"type": "redirect", "url": "//evil.example/"}]}, "actions.0.url"),
        ({"actions": [{"type": "redirect", "url": "javascript:alert(1)"}]}, "actions.0.url"),
        ({"actions": [{"type": "redirect", "url": "/search?q=red+lamp"}]}, "actions"),
        ({"actions": [{"type": "remove", "words": "!"}]}, "actions.0.words"),
        ({"actions": [{"type": "explode"}]}, "actions.0.type"),
        (
            {"actions": [{"type": "hide", "product": 1}, {"type": "pin", "product": 1, "position": 1}]},
            "actions",
        ),
        ({"actions": [{"type": "pin", "product": 1, "position": each} for each in (1, 2)]}, "actions"),
        ({"actions": [{"type": "pin", "product": each, "position": 1} for each in (1, 2)]}, "actions"),
        ({"actions": [{"type": "rewrite", "query": "a"}, {"type": "remove", "words": "b"}]}, "actions"),
        ({"actions": [{"type": "redirect", "url": "/sale/"}, HIDE]}, "actions"),
        ({"phrases": []}, "phrases"),
        ({"phrases": ["!"]}, "phrases"),
        ({"match": "always"}, "phrases"),
        ({"match": "sometimes"}, "match"),
        ({"starts_at": "2026-03-02T00:00:00Z", "ends_at": "2026-03-02T00:00:00Z"}, "ends_at"),
        ({"context": {"category": "nowhere"}}, "context.category"),
        ({"context": {"min_price": "9", "max_price": "8"}}, "context.min_price"),
        ({"priority": -1}, "priority"),
        ({"name": ""}, "name"),
        ({"version": 1}, "version"),
    ],
)
def test_a_rule_that_cannot_work_is_refused_with_the_name_of_the_field(
    wrong: dict[str, Any], field: str
) -> None:
    ids = {number: product(f"Lamp {number}").pk for number in (1, 2)}
    values = rule(HIDE) | wrong
    values["actions"] = [
        {**each, "product": ids.get(each["product"], each["product"])} if "product" in each else each
        for each in values["actions"]
    ]

    response = client_of(staff()).post(RULES, values)

    assert response.status_code == 400, response.json()
    assert list(response.json()["details"]) == [field], response.json()


def test_redirects_of_several_rules_can_not_form_a_cycle() -> None:
    client = client_of(staff())
    first = rule({"type": "redirect", "url": "/search/?q=chair"}, match="exact")
    second = rule({"type": "redirect", "url": "/search/?q=lamp"}, match="exact", phrases=["chair"])
    assert client.post(RULES, first).status_code == 201

    assert list(client.post(RULES, second).json()["details"]) == ["actions"]
    assert client.post(RULES, {**second, "phrases": ["sofa"]}).status_code == 201


def test_staff_create_change_and_delete_synonym_sets() -> None:
    client = client_of(staff())
    created = client.post(SYNONYMS, {"phrases": ["Sofa", "couch"]})
    assert created.status_code == 201, created.json()
    stored = created.json()["data"]
    assert (stored["status"], stored["source"], stored["evidence"]) == ("active", "", None)
    assert client.post(SYNONYMS, {"phrases": ["COUCH", "sofa"]}).json()["code"] == "synonym_set_exists"
    assert client.post(SYNONYMS, {"phrases": ["sofa"], "source": "couch"}).status_code == 201
    path = f"{SYNONYMS}{stored['id']}/"
    changed = client.put(path, {"phrases": ["Sofa", "settee"], "status": "rejected", "version": 1})
    assert changed.json()["data"]["version"] == 2
    assert client.put(path, {"phrases": ["a", "b"], "version": 1}).json()["code"] == "edited_meanwhile"
    assert [each["id"] for each in client.get(f"{SYNONYMS}?status=rejected").json()["results"]] == [
        stored["id"]
    ]
    assert client.delete(path).status_code == 200
    assert client.get(path).json()["code"] == "synonym_set_not_found"
    actions = AuditEntry.objects.filter(object_id=str(stored["id"]), object_type="search.SynonymSet")
    assert [each.action.rpartition("_")[2] for each in actions.order_by("pk")] == [
        "created",
        "updated",
        "deleted",
    ]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"phrases": ["sofa"]}, "phrases"),
        ({"phrases": ["sofa", "SOFA"]}, "phrases"),
        ({"phrases": ["sofa", "…"]}, "phrases"),
        ({"phrases": [], "source": "sofa"}, "phrases"),
        ({"phrases": ["couch", "sofa"], "source": "Sofa"}, "source"),
        ({"phrases": ["couch"], "source": "…"}, "source"),
        ({"phrases": ["couch", "sofa"], "status": "on"}, "status"),
    ],
)
def test_a_synonym_set_that_cannot_work_is_refused(values: dict[str, Any], field: str) -> None:
    response = client_of(staff()).post(SYNONYMS, values)

    assert (response.status_code, list(response.json()["details"])) == (400, [field])
