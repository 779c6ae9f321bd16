"""Count the values of an exact field in one index."""

from collections.abc import Iterator
from typing import Any

from elasticsearch import Elasticsearch

from indexing.attributes import spelling_of
from indexing.elasticsearch.earlier import VARIANTS
from indexing.fields import SELECTIONS
from indexing.mapping import token
from indexing.schema import IndexSchema

PAGE = 10_000
"""Values of one response; the cluster's limit is 65,536."""


def counts(client: Elasticsearch, index: str, field: str) -> Iterator[tuple[str, int]]:
    """Yield the values of a field of the product with their numbers of products."""
    for bucket in _buckets(client, index, field, path=()):
        yield bucket["key"]["value"], bucket["doc_count"]


def attribute_counts(client: Elasticsearch, index: str, *, schema: IndexSchema) -> Iterator[tuple[str, int]]:
    """Yield the tokens of attributes as written, with the numbers of products that have such a variant."""
    if not schema.has(SELECTIONS):
        for bucket in _buckets(client, index, f"{VARIANTS}.attributes", path=(VARIANTS,)):
            yield bucket["key"]["value"], bucket["products"]["doc_count"]
        return
    for bucket in _buckets(client, index, f"{SELECTIONS}.spelling", path=(SELECTIONS,)):
        _, spelling = spelling_of(bucket["key"]["value"])
        yield token(*spelling), bucket["products"]["doc_count"]


def _buckets(client: Elasticsearch, index: str, field: str, *, path: tuple[str, ...]) -> Iterator[Any]:
    after: Any = None
    while True:
        composite = {"size": PAGE, "sources": [{"value": {"terms": {"field": field}}}]}
        if after:
            composite["after"] = after
        values: dict[str, Any] = {"composite": composite}
        for name in path:
            values["aggs"] = {"products": {"reverse_nested": {}}}
            values = {"nested": {"path": name}, "aggs": {"values": values}}
        found = client.search(index=index, size=0, track_total_hits=False, aggs={"values": values})
        page = found["aggregations"]["values"]
        page = page["values"] if path else page
        yield from page["buckets"]
        after = page.get("after_key")
        if not after:
            return
