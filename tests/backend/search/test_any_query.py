"""Any text is a query: it is answered or refused, and never an error of the server."""

import random

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from backend.search.rebuilding import build
from indexing.engine import SearchEngine
from tests.backend.shop import SYSTEM, client_of, product

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]

ALPHABETS = (
    "abc sku 1234-/.",
    "\x00\x01\x1f\x7f\x85\u200b\u200e\u2028\ufeff",
    '+-=&|><!(){}[]^"~*?:\\/ AND OR NOT',
    "日本語ガｶﾞ한글ไทยहिन्दीেবাংলা",
    "שלום مرحبا\u202e\u202d\u2067",
    "🙂👩‍👩‍👧‍👦🇬🇧e\u0301\u0301\u0301\ud7ff",
    "0½²٣,. x\"'in.ftmlgb#++&",
)
PATHS: tuple[tuple[str, dict[str, str]], ...] = (
    ("/api/search/", {"sort_by": "relevance"}),
    ("/api/search/", {"prefix": "last"}),
    ("/api/search/suggestions/", {}),
)
WHOLE = (
    "a" * 10_000,
    "brass " * 33,
    "lantern" * 28,
    " ".join(f"w{number}" for number in range(60)),
    "1x" * 100,
    "1/2 x " * 33,
    "-" * 200,
    '"' * 200,
    "\ufdfa" * 200,
    "İ" * 200,
    "ŉ" * 200,
    "9" * 200,
    ".9" * 100,
    "a&b" * 66,
    "..",
    ".*",
    "[a-z]+1234",
    "sku-100*",
    "\\",
    "\N{LATIN SMALL LIGATURE FFI}",
)


def queries(*, seed: int, count: int) -> list[str]:
    chosen = random.Random(seed)
    return [
        "".join(chosen.choices(chosen.choice(ALPHABETS), k=chosen.randint(1, 60)))
        + "".join(chosen.choices("".join(ALPHABETS), k=chosen.randint(0, 20)))
        for _ in range(count)
    ]


@pytest.fixture
def client(shop_engine: SearchEngine) -> APIClient:
    """A guest in a shop with two products."""
    product("Brass lantern, 2 in. x 4 in., 500 ml", price="20.00", brand="Lumen")
    product("日本の急須 WH-1000XM4", price="5.50")
    build(shop_engine, clock=timezone.now, by=SYSTEM)
    client = client_of()
    client.raise_request_exception = False
    return client


def test_any_text_is_answered_or_refused(client: APIClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("CRITICAL")
    requests = [
        (path, {"q": text, **parameters})
        for seed, (path, parameters) in enumerate(PATHS)
        for text in (*WHOLE, *queries(seed=seed, count=30))
    ]
    for path, parameters in requests:
        response = client.get(path, parameters)

        assert response.status_code in (200, 400), (path, parameters, response.content[:500])
