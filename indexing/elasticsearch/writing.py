"""Writes to one generation: the highest version of a product wins, in any order of arrival."""

from collections.abc import Iterator, Sequence
from typing import Any

from elasticsearch import Elasticsearch

from indexing.elasticsearch.client import WRITE_RETRIES, WRITE_SECONDS
from indexing.elasticsearch.mapping import indexed
from indexing.engine import DocumentWrite, PutDocument, WriteResult
from indexing.errors import DocumentRefused, GenerationNotFound
from indexing.schema import IndexSchema

BULK_SIZE = 500
"""Documents per request: about two megabytes."""
CONFLICT = 409
NOT_FOUND = 404


def write(
    client: Elasticsearch, generation: str, writes: Sequence[DocumentWrite], *, schema: IndexSchema
) -> WriteResult:
    """Apply `writes` with the fields of `schema`. A retry changes nothing, because writes have versions.

    Raises:
        GenerationNotFound: the generation was dropped.
        DocumentRefused: the cluster refused a document.
    """
    patient = client.options(request_timeout=WRITE_SECONDS, max_retries=WRITE_RETRIES)
    applied = 0
    for start in range(0, len(writes), BULK_SIZE):
        operations = [
            line for each in writes[start : start + BULK_SIZE] for line in _lines(each, schema=schema)
        ]
        response = patient.bulk(index=generation, operations=operations)
        applied += sum(_applied(item, generation) for item in response["items"])
    return WriteResult(applied=applied, stale=len(writes) - applied)


def _lines(write: DocumentWrite, *, schema: IndexSchema) -> Iterator[dict[str, Any]]:
    meta = {"_id": str(write.product_id), "version": write.version, "version_type": "external"}
    if isinstance(write, PutDocument):
        yield {"index": meta}
        yield indexed(write.document, schema=schema)
    else:
        yield {"delete": meta}


def _applied(item: dict[str, Any], generation: str) -> bool:
    (result,) = item.values()
    if "error" not in result:
        return True
    if result["status"] == CONFLICT:
        return False
    if result["status"] == NOT_FOUND:
        raise GenerationNotFound(generation)
    raise DocumentRefused(result["_id"], f"{result['error']['type']}: {result['error'].get('reason')}")
