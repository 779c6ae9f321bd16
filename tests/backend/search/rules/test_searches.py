"""What rules and synonyms change about searches over HTTP."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from backend.catalog.models import Product
from backend.exposures.services import ShownList, register_sink
from backend.search.rebuilding import build
from backend.search.rules import live
from backend.tracking import sink
from indexing.engine import SearchEngine
from indexing.numeric import numeric_attributes
from tests.backend.shop import SYSTEM, client_of, customer, product, staff

pytestmark = pytest.mark.django_db(transaction=True)

SEARCH, RULES, PREVIEW = "/api/search/", "/api/search/rules/", "/api/search/rules/preview/"


@pytest.fixture
def shown() -> Iterator[list[ShownList]]:
    """The exposures of this test."""
    recorded: list[ShownList] = []
    register_sink(recorded.append)
    yield recorded
    register_sink(sink.store)


@pytest.fixture
def products(folder_engine: SearchEngine, shown: list[ShownList]) -> dict[str, Product]:
    """Two sofas, a couch and a vase, by title."""
    rows = {
        title: product(title, category=(category,), brand=brand)
        for title, category, brand in (
            ("Red sofa", "Seats", "Acme"),
            ("Blue sofa", "Seats", "Folk"),
            ("Green couch", "Seats", "Acme"),
            ("Glass vase", "Decoration", "Folk"),
        )
    }
    build(folder_engine, clock=timezone.now, by=SYSTEM)
    return rows


def created(client: APIClient, *actions: dict[str, Any], **fields: Any) -> int:
    values = {"name": "Rule", "match": "contains", "phrases": ["sofa"], "actions": list(actions), **fields}
    response = client.post(RULES, values)
    assert response.status_code == 201, response.json()
    return int(response.json()["data"]["id"])


def test_a_rule_changes_the_next_search_and_the_exposure_names_it(
    products: dict[str, Product], shown: list[ShownList]
) -> None:
    client = client_of(staff())
    vase, red = products["Glass vase"].pk, products["Red sofa"].pk
    assert client.get(SEARCH, {"q": "sofa"}).json()["count"] == 2
    pinning = created(client, {"type": "pin", "product": vase, "position": 1}, name="Vases")
    rewriting = created(client, {"type": "replace", "words": "sofa", "by": "red sofa"}, {"type": "hide", "product": products["Blue sofa"].pk})  # fmt: skip

    body = client.get(SEARCH, {"q": "sofa", "explain": "true"}).json()

    assert [each["id"] for each in body["results"]] == [vase, red]
    assert (body["count"], body["redirect"]) == (2, None)
    assert body["rules"] == [{"id": pinning, "name": "Vases"}, {"id": rewriting, "name": "Rule"}]
    assert (shown[-1].query, shown[-1].rule_ids) == ("sofa", (pinning, rewriting))
    assert shown[-1].pinned_by == {vase: pinning}
    assert (shown[0].rule_ids, shown[0].pinned_by) == ((), {})


def test_a_redirect_is_returned_with_the_results(products: dict[str, Product]) -> None:
    client = client_of(staff())
    created(client, {"type": "redirect", "url": "/sofas/"}, match="exact")

    assert client.get(SEARCH, {"q": "Sofa"}).json()["redirect"] == "/sofas/"
    assert client.get(SEARCH, {"q": "red sofa"}).json()["redirect"] is None


def test_only_staff_with_the_area_see_the_rules_of_a_search(products: dict[str, Product]) -> None:
    assert client_of().get(SEARCH, {"q": "sofa"}).json()["rules"] is None
    for client, wanted in ((client_of(), "true"), (client_of(customer()), "true"), (client_of(), "TRUE")):
        refused = client.get(SEARCH, {"q": "sofa", "explain": wanted})
        assert (refused.status_code, refused.json()["code"]) == (403, "explanation_for_staff")
        assert (refused.status_code, refused.json()["details"]) == (403, {"area": "search"})


def test_filters_of_rules_name_categories_as_searches_do(products: dict[str, Product]) -> None:
    client = client_of(staff())
    created(
        client,
        {"type": "filter", "filters": {"category": "Decoration"}},
        match="always",
        phrases=[],
        context={"brand": ["folk"]},
    )
    created(
        client,
        {"type": "hide", "product": products["Glass vase"].pk},
        match="always",
        phrases=[],
        context={"category": "Decoration"},
    )

    assert client.get(SEARCH, {"brand": "Folk"}).json()["count"] == 1
    assert client.get(SEARCH, {"brand": "Acme"}).json()["count"] == 2
    assert client.get(SEARCH, {"category": "decoration"}).json()["count"] == 0


def test_rules_have_limits_of_attributes_that_are_shown_in_ranges(
    folder_engine: SearchEngine, settings: Any
) -> None:
    settings.SEARCH_RANGES = numeric_attributes("Pieces,weight:kg")
    for pieces in ("100", "500", "1,000"):
        product(f"Puzzle {pieces}", attributes={"pieces": pieces})
    build(folder_engine, clock=timezone.now, by=SYSTEM)
    client = client_of(staff())
    large = {"attribute_limits": {"Pieces": {"min": "500"}}}
    created(client, {"type": "filter", "filters": large}, phrases=["large puzzle"])
    typed = {"q": "large puzzle", "explain": "true"}

    assert client.get(SEARCH, {"q": "puzzle"}).json()["count"] == 3
    assert client.get(SEARCH, typed).json()["count"] == 2

    settings.SEARCH_RANGES = ()
    live.CACHE.forget()
    assert client.get(SEARCH, typed).json()["count"] == 3


def test_synonyms_have_an_effect_while_they_are_active(products: dict[str, Product]) -> None:
    client = client_of(staff())
    path = "/api/search/synonyms/"
    stored = client.post(path, {"phrases": ["sofa", "couch"], "status": "proposed"}).json()["data"]
    assert client.get(SEARCH, {"q": "couch"}).json()["count"] == 1

    client.put(f"{path}{stored['id']}/", {"phrases": ["sofa", "couch"], "version": 1})

    assert client.get(SEARCH, {"q": "couch"}).json()["count"] == 3


def test_searches_check_for_changes_at_most_once_a_second(products: dict[str, Product]) -> None:
    now = [0.0]
    cache = live.Cache(clock=lambda: now[0])
    client = client_of(staff())
    created(client, {"type": "redirect", "url": "/sofas/"})

    def queries_at(seconds: float) -> int:
        now[0] = seconds
        with CaptureQueriesContext(connection) as queries:
            cache.current()
        return len(queries)

    assert queries_at(0) == 3
    assert [queries_at(each) for each in (0.5, 0.99, 1.0, 1.5)] == [0, 0, 1, 0]
    created(client, {"type": "redirect", "url": "/other/"}, phrases=["vase"])
    assert [queries_at(each) for each in (1.9, 2.0, 2.5)] == [0, 3, 0]
    assert len(cache.current().names) == 2
    assert queries_at(63) == 3


def test_the_rules_of_before_apply_while_the_database_fails(
    products: dict[str, Product],
) -> None:
    now = [0.0]
    cache = live.Cache(clock=lambda: now[0])
    created(client_of(staff()), {"type": "redirect", "url": "/sofas/"})
    before = cache.current()

    now[0] = 10.0
    with connection.execute_wrapper(_failing):
        assert cache.current() is before
        with pytest.raises(Exception, match="the database is gone"):
            live.Cache().current()


def _failing(*_: object) -> None:
    raise OperationalError("the database is gone")


def test_a_preview_shows_the_page_without_the_rule_and_with_it(
    products: dict[str, Product], shown: list[ShownList]
) -> None:
    client = client_of(staff())
    vase = products["Glass vase"].pk
    other = created(client, {"type": "hide", "product": products["Blue sofa"].pk}, name="Other")
    pin = {"type": "pin", "product": vase, "position": 1}
    draft = {
        "name": "Draft",
        "match": "exact",
        "phrases": ["sofa"],
        "actions": [pin],
        "starts_at": "2030-01-01T00:00:00Z",
    }

    def previewed(**fields: Any) -> dict[str, Any]:
        response = client.post(PREVIEW, {"q": "sofa", **fields})
        assert response.status_code == 200, response.json()
        return dict(response.json()["data"])

    now, later = previewed(rule=draft), previewed(rule=draft, at="2030-01-02T00:00:00Z")
    assert (now["applies"], later["applies"]) == (False, True)
    assert now["before"] == now["after"] == later["before"]
    assert [each["title"] for each in later["before"]["results"]] == ["Red sofa"]
    assert [(each["title"], each["pinned"]) for each in later["after"]["results"]] == [
        ("Glass vase", True),
        ("Red sofa", False),
    ]
    assert later["after"]["rules"] == [{"id": other, "name": "Other"}, {"id": None, "name": "Draft"}]
    stored = previewed(rule_id=other)
    assert (stored["before"]["count"], stored["after"]["count"]) == (2, 1)
    assert previewed(rule_id=other, filters={"brand": ["Acme"]})["before"]["count"] == 1
    assert not shown
    assert client.post(PREVIEW, {"q": "sofa"}).json()["details"].keys() == {"rule"}
    assert client.post(PREVIEW, {"q": "sofa", "rule_id": 99}).json()["code"] == "query_rule_not_found"
