"""Which copies of the shards a search reads: those of one text always the same, so that its pages are disjoint."""

from collections.abc import Mapping, Sequence
from typing import Any, Self, cast

import pytest
from elasticsearch import Elasticsearch

from indexing.elasticsearch.client import Deadline
from indexing.elasticsearch.searching import Searching
from indexing.facets import NO_FACETS
from indexing.lexicon.lexicon import EMPTY
from indexing.request import SearchRequest
from indexing.schema import CURRENT

RESPONSE = {
    "hits": {"total": {"value": 0}, "hits": []},
    "aggregations": {"matching": {"doc_count": 60}},
}


class RecordingClient:
    """Finds nothing, and records where it was looked for."""

    def __init__(self) -> None:
        self.headers: list[Mapping[str, Any]] = []

    def options(self, **_: object) -> Self:
        return self

    def msearch(self, *, searches: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        self.headers += searches[::2]
        return {"responses": [RESPONSE] * (len(searches) // 2)}


def preferences(*requests: SearchRequest) -> list[str]:
    """Return the preference of each search that the requests send."""
    client = RecordingClient()
    for request in requests:
        Searching(
            cast("Elasticsearch", client),
            "products-1",
            schema=CURRENT,
            lexicon=EMPTY,
            deadline=Deadline(60),
            currencies={"EUR": 60},
        ).search(request)
    return [header["preference"] for header in client.headers]


@pytest.mark.parametrize("text", ["red dress", ""])
def test_all_pages_of_a_text_are_read_from_the_same_copies(text: str) -> None:
    pages = [SearchRequest(text=text, page=page, facets=NO_FACETS) for page in (1, 2, 3)]

    assert preferences(*pages) == [f"text:{text}"] * 3


def test_other_texts_may_be_read_from_other_copies() -> None:
    one, other = (SearchRequest(text=text, facets=NO_FACETS) for text in ("red dress", "lantern"))

    assert len({*preferences(one), *preferences(other)}) == 2
