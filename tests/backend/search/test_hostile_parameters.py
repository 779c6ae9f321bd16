"""Hostile parameters and bodies are answered or refused by every endpoint of search, and cause no error."""

import json
import random
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from analytics_pipeline import migrate
from backend.engines.warehouse import warehouse
from backend.search.rebuilding import build
from indexing.engine import SearchEngine
from tests.backend.shop import SYSTEM, client_of, product, staff

pytestmark = pytest.mark.django_db(transaction=True)

SEED = 17
CASES = 250
TEXTS = (
    *("", " ", "\0", "a\0b", "\ud7ff", "\u202e\u2067x", "%00", "%", "%zz", "\r\n", "\x85\u2028", "\ufeff"),
    *(
        "é\u0301\u0301",
        "日本語",
        "हिन्दी",
        "مرحبا",
        "🙂👩\u200d👩\u200d👧🇬🇧",
        "\ufdfa" * 40,
        "İ" * 90,
        "x" * 10_000,
    ),
    *('+-=&|><!(){}[]^"~*?:\\/', "[a-z", "(((", ".*", "a*", "\\", "'; --", "${x}", "{{x}}", "../../etc"),
    *(
        "NaN",
        "nan",
        "Infinity",
        "-inf",
        "1e400",
        "-1",
        "0",
        "9" * 400,
        "1e-400",
        "0x1F",
        "\uff11\uff12",
        "\u0663",
        "1_0",
    ),
    *("null", "true", "[]", "{}", "2026-02-30", "9999-12-31T23:59:59Z", "0001-01-01", ",", ":,:", "a:b:c"),
)
VALUES: tuple[Any, ...] = (
    *(None, True, 0, -1, 2**31, 2**63, 10**400, 1e308, 0.1, [], {}, [[]], [None], [{}], {"a": {"b": []}}),
    *("", " ", "\0", "x" * 10_000, "\u202e", "🙂", "NaN", "\ud7ff", ["x"] * 1_000, {"x" * 300: 1}),
    *(["lamp", "lantern"], [""], ["\0"], ["🙂", "lamp"], ["a" * 300] * 2, [".", "-"], "contains", "boost"),
)
PATHS = {
    "/api/search/": (
        "q",
        "sort_by",
        "page",
        "page_size",
        "facets",
        "currency",
        "related",
        "explain",
        "prefix",
    ),
    "/api/search/facets/": ("facet", "facet_q", "limit", "q"),
    "/api/search/suggestions/": ("q", "limit", "products"),
    "/api/search/recent/": ("q", "page"),
    "/api/search/rules/": ("page", "page_size"),
    "/api/search/rules/preview/": ("q", "at", "rule"),
    "/api/search/synonyms/": ("page", "page_size"),
    "/api/analytics/reports/searches/": ("since", "until", "period", "format", "limit"),
    "/api/analytics/reports/queries/": ("since", "until", "limit", "format", "page"),
    "/api/analytics/reports/search_facets/": ("since", "until", "limit", "currency"),
    "/api/analytics/reports/funnel_steps/": ("steps", "window_minutes", "order", "by", "start_date"),
}
FILTERS = (
    "brand",
    "category",
    "min_price",
    "max_price",
    "min_rating",
    "in_stock",
    "attr.size",
    "attr.",
    "attr.\0",
)
RULE = {
    "name": "Rule",
    "match": "contains",
    "phrases": ["lamp"],
    "actions": [{"type": "remove", "words": "cheap"}],
    "context": {"brand": ["Acme"], "attributes": {"size": ["M"]}},
    "priority": 5,
    "is_enabled": True,
    "starts_at": "2026-03-01T00:00:00Z",
}
SYNONYM_SET = {"phrases": ["lamp", "lantern"], "source": "", "status": "active"}
RULES, SYNONYMS = "/api/search/rules/", "/api/search/synonyms/"
BODIES: Mapping[str, Mapping[str, Any]] = {RULES: RULE, SYNONYMS: SYNONYM_SET}
ACTIONS = ("pin", "hide", "boost", "bury", "filter", "redirect", "rewrite", "replace", "remove", "x")
MEMBERS = ("product", "position", "products", "filters", "factor", "url", "words", "text", "type")
ALLOWED = frozenset((200, 201, 400, 403, 404, 405, 409, 413, 415))

Case = Callable[[APIClient], Any]


def read(chance: random.Random) -> tuple[str, Case]:
    """Return a request with hostile parameters, some of them repeated."""
    path = chance.choice([*PATHS])
    valid = {"facet": "brand", "limit": "5", "q": "lamp"} if chance.random() < 0.5 else {}
    names = chance.choices((*PATHS[path], *FILTERS, "unknown"), k=chance.randint(1, 4))
    query = "&".join(
        f"{quote(name, safe='')}={_escaped(chance)}"
        for name in names
        for _ in range(chance.choice((1, 1, 2)))
    )
    query = "&".join([query, *(f"{name}={value}" for name, value in valid.items() if name not in names)])
    method = "delete" if path.endswith("/recent/") and chance.random() < 0.5 else "get"
    return f"{method} {path}?{query[:300]}", lambda client: client.generic(
        method.upper(), path, QUERY_STRING=query
    )


def _escaped(chance: random.Random) -> str:
    """Return a value as part of an address, sometimes not in UTF-8."""
    text = chance.choice(TEXTS)
    return "%ff%fe" if chance.random() < 0.05 else quote(text, safe="" if chance.random() < 0.8 else "%")


def write(chance: random.Random, stored: Mapping[str, int]) -> tuple[str, Case]:
    """Return a request whose body has hostile values, types and depths; `stored` are ids by path."""
    path, values = chance.choice([*BODIES.items()])
    method = chance.choice(("POST", "PUT", "PATCH"))
    target = path if method == "POST" else f"{path}{stored[path]}/"
    body: Any = dict(values) if method == "POST" else {**values, "version": 1}
    for name in chance.sample([*body], k=chance.randint(1, 3)):
        body[name] = chance.choice(VALUES)
    if values is BODIES[RULES] and chance.random() < 0.6:
        action = {name: chance.choice(VALUES) for name in chance.sample(MEMBERS, k=3)}
        body["actions"] = [action | {"type": chance.choice(ACTIONS)}] * chance.choice((1, 200))
    written = json.dumps(body)
    if chance.random() < 0.15:
        written = chance.choice(
            ("[" * 5_000, '{"a":' * 900 + "1" + "}" * 900, "NaN", "null", '"x"', "[1]", "{", written[:-2])
        )
    return f"{method} {target} {written[:300]}", lambda client: client.generic(
        method, target, written, content_type="application/json"
    )


def test_every_endpoint_of_search_answers_or_refuses(
    shop_engine: SearchEngine, warehouse_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("CRITICAL")
    migrate.migrate(warehouse())
    product("Brass lantern, 500 ml", price="20.00", brand="Lumen")
    product("日本の急須", price="5.50")
    build(shop_engine, clock=timezone.now, by=SYSTEM)
    client = client_of(staff())
    client.raise_request_exception = False
    stored = {path: client.post(path, body).json()["data"]["id"] for path, body in BODIES.items()}
    chance, refused = random.Random(SEED), 0
    for _ in range(CASES):
        for case, send in (read(chance), write(chance, stored)):
            response = send(client)
            assert response.status_code in ALLOWED, (case, response.status_code, response.content[:500])
            refused += response.status_code == 400
    assert CASES < refused < 2 * CASES
    # Searches apply what was accepted.
    assert client.get("/api/search/", {"q": "lamp"}).json()["count"] > 0
