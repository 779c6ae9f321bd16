"""What was understood of a query is remembered for its text and a lexicon."""

from dataclasses import replace
from decimal import Decimal

from indexing.filters import Filters
from indexing.lexicon.lexicon import EMPTY, Lexicon
from indexing.request import SearchRequest
from indexing.schema import CURRENT
from indexing.understanding.requests import understand
from indexing.understanding.values import Reading
from tests.indexing.planning.test_planner import WORDS, lexicon_of

REQUEST = SearchRequest(text="red box under 20", currency="USD")


def reading(request: SearchRequest, lexicon: Lexicon) -> Reading:
    return understand(request, schema=CURRENT, evidence=lexicon)[1]


def test_a_text_is_read_once_and_applied_to_each_request() -> None:
    lexicon = lexicon_of(WORDS)
    first = reading(REQUEST, lexicon)

    request, again = understand(replace(REQUEST, page=2), schema=CURRENT, evidence=lexicon)

    assert again is first
    assert (request.text, request.page, request.filters.max_price) == ("red box", 2, Decimal(20))


def test_other_texts_and_filters_on_prices_have_other_readings() -> None:
    lexicon = lexicon_of(WORDS)
    reading(REQUEST, lexicon)

    cheaper = reading(replace(REQUEST, text="red box under 10"), lexicon)
    filtered = reading(replace(REQUEST, filters=Filters(max_price=Decimal(5))), lexicon)

    assert cheaper.understood.max_price == Decimal(10)
    assert (filtered.text, filtered.understood.max_price) == ("red box", None)
    assert reading(REQUEST, EMPTY) is not reading(REQUEST, EMPTY)
