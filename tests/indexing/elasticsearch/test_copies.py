"""Which copies of the shards a search reads: those of one text always the same, so that its pages are disjoint."""

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec
import pytest
from elastic_transport import ApiResponseMeta, BaseNode, HttpHeaders
from elastic_transport._node import NodeApiResponse

from indexing.elasticsearch.client import Deadline, connect
from indexing.elasticsearch.searching import Searching
from indexing.facets import NO_FACETS
from indexing.lexicon.lexicon import EMPTY
from indexing.request import SearchRequest
from indexing.schema import CURRENT

RESPONSE = {
    "hits": {"total": {"value": 0}, "hits": []},
    "aggregations": {"matching": {"doc_count": 60}},
}


class RecordingNode(BaseNode):
    """A node that finds nothing, and records where it was looked for."""

    sent: ClassVar[list[Mapping[str, Any]]] = []

    def perform_request(
        self, method: str, target: str, body: bytes | None = None, *_: object, **__: object
    ) -> NodeApiResponse:
        lines = [msgspec.json.decode(line) for line in (body or b"").splitlines()]
        self.sent.extend(lines[::2])
        meta = ApiResponseMeta(
            200, "1.1", HttpHeaders({"content-type": "application/json"}), 0.0, self.config
        )
        return NodeApiResponse(meta, msgspec.json.encode({"responses": [RESPONSE] * (len(lines) // 2)}))


def preferences(*requests: SearchRequest) -> list[str]:
    """Return the preference of each search that the requests send."""
    RecordingNode.sent.clear()
    client = connect("http://localhost:9200", node_class=RecordingNode)
    for request in requests:
        Searching(
            client,
            "products-1",
            schema=CURRENT,
            lexicon=EMPTY,
            deadline=Deadline(60),
            currencies={"EUR": 60},
        ).search(request)
    return [header["preference"] for header in RecordingNode.sent]


@pytest.mark.parametrize("text", ["red dress", ""])
def test_all_pages_of_a_text_are_read_from_the_same_copies(text: str) -> None:
    pages = [SearchRequest(text=text, page=page, facets=NO_FACETS) for page in (1, 2, 3)]

    assert preferences(*pages) == [f"text:{text}"] * 3


def test_other_texts_may_be_read_from_other_copies() -> None:
    one, other = (SearchRequest(text=text, facets=NO_FACETS) for text in ("red dress", "lantern"))

    assert len({*preferences(one), *preferences(other)}) == 2
