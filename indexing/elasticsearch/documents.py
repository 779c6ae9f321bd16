"""Read the stored documents of one index."""

from collections.abc import Sequence

from elasticsearch import Elasticsearch

from indexing.document import ProductDocument
from indexing.elasticsearch.mapping import product_of
from indexing.elasticsearch.rules import DOCUMENT


def products_by_id(client: Elasticsearch, index: str, ids: Sequence[int]) -> dict[int, ProductDocument]:
    """Return the documents of these products, except those that have just been deleted."""
    if not ids:
        return {}
    found = client.mget(index=index, ids=[str(each) for each in ids], source_includes=[DOCUMENT])
    return {int(each["_id"]): product_of(each["_source"]) for each in found["docs"] if each.get("found")}
