"""Read the stored documents of one index."""

from collections.abc import Sequence

import msgspec
from elasticsearch import Elasticsearch

from indexing.document import ProductDocument
from indexing.elasticsearch import client as cluster
from indexing.elasticsearch.client import INDEX_NOT_FOUND, NAME, Deadline, Response
from indexing.elasticsearch.mapping import product_of
from indexing.elasticsearch.rules import DOCUMENT
from indexing.engine import StoredDocument
from indexing.errors import GenerationNotFound, IndexCorrupt, SearchEngineUnavailable
from indexing.page import Fusion

FusedHit = tuple[int, float, Fusion | None]
"""A product, its value, and the parts of the value; None for a product that words alone rank."""


def products_by_id(
    client: Elasticsearch, index: str, ids: Sequence[int], *, deadline: Deadline
) -> dict[int, ProductDocument]:
    """Return the documents of these products, except those that have just been deleted."""
    if not ids:
        return {}
    found = cluster.documents(client, index, ids, source=DOCUMENT, deadline=deadline)
    return {int(each["_id"]): product_of(each["_source"]) for each in found}


def stored_documents(client: Elasticsearch, index: str, ids: Sequence[int]) -> dict[int, StoredDocument]:
    """Return the documents of these products with their versions, including those not refreshed yet."""
    found = client.mget(index=index, ids=[str(each) for each in ids], source_includes=[DOCUMENT])
    return {
        int(each["_id"]): StoredDocument(each["_version"], _document(each, index))
        for each in found["docs"]
        if _is_found(each, index)
    }


def _document(response: Response, generation: str) -> ProductDocument:
    """Return the stored product document.

    Raises:
        IndexCorrupt: another program wrote something else.
    """
    try:
        return product_of(response["_source"])
    except (KeyError, msgspec.ValidationError) as error:
        raise IndexCorrupt(generation, f"product {response['_id']}: {error}") from error


def _is_found(response: Response, generation: str) -> bool:
    """Return whether the index holds a document; each document of a request has its own response.

    Raises:
        GenerationNotFound: the generation was dropped.
        SearchEngineUnavailable: the document couldn't be read.
    """
    error = response.get("error")
    if error is None:
        return bool(response["found"])
    if error["type"] == INDEX_NOT_FOUND:
        raise GenerationNotFound(generation)
    raise SearchEngineUnavailable(NAME, f"{error['type']}: {error.get('reason')}")
