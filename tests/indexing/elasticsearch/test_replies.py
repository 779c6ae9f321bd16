"""Replies to searches: what is decoded at once, what later, and what a process remembers."""

import msgspec
import pytest

from indexing.elasticsearch.facets import Counting, read
from indexing.elasticsearch.mapping import indexed, product_of
from indexing.elasticsearch.matching import Matching
from indexing.elasticsearch.replies import Aggregations, reply_of
from indexing.facets import WantedFacets
from indexing.filters import Filters
from indexing.request import SearchRequest
from indexing.schema import CURRENT
from tests.indexing.builders import product

CURRENCIES = {"EUR": 3}
BRANDS = WantedFacets(names=frozenset({"brands"}))


def test_documents_of_a_reply_are_those_that_were_stored() -> None:
    first, second = product(1), product(2, "Iron pan")
    hits = [
        {"_id": str(each.id), "_source": indexed(each, schema=CURRENT)} for each in (first, second, first)
    ]
    reply = reply_of(msgspec.json.encode({"took": 1, "responses": [{"hits": {"hits": hits}}]}))

    (response,) = reply["responses"]
    assert [product_of(hit["_source"]) for hit in response["hits"]["hits"]] == [first, second, first]


def test_errors_of_a_reply_are_kept() -> None:
    failed = {"error": {"type": "index_not_found_exception"}, "status": 404}

    assert reply_of(msgspec.json.encode(failed)) == failed
    assert reply_of(msgspec.json.encode({"responses": [failed]}))["responses"] == [failed]


@pytest.mark.parametrize("selected", [(), ("tidewater",)])
def test_facets_follow_the_counts_and_the_filters(selected: tuple[str, ...]) -> None:
    request = SearchRequest(text="kettle", facets=BRANDS, filters=Filters(brands=selected))
    counting = Counting(Matching(CURRENT), request, CURRENCIES)

    for count in (3, 2, 3):
        facets, limits, numbers = read(counting, _counted(count))
        assert facets is not None
        assert [(each.value, each.count, each.selected) for each in facets.brands] == [
            ("Tidewater", count, bool(selected))
        ]
        assert not limits
        assert not numbers


def _counted(count: int) -> Aggregations:
    spelt = {"buckets": [{"key": "tidewater\x1fTidewater", "doc_count": count}]}
    brands = {"own": {"buckets": [{"key": "tidewater", "doc_count": count, "spelt": spelt}]}}
    return Aggregations({"brands": msgspec.Raw(msgspec.json.encode(brands))})
