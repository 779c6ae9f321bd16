"""Writing one generation: the highest version of a product wins, whatever the order of arrival."""

from collections.abc import Iterator, Sequence
from typing import Any

from elasticsearch import Elasticsearch

from indexing.elasticsearch.client import WRITE_SECONDS
from indexing.elasticsearch.mapping import indexed
from indexing.engine import DocumentWrite, GenerationNotFound, PutDocument, SearchError, WriteResult

BULK_SIZE = 500
"""Documents a request: about two megabytes."""
CONFLICT = 409
NOT_FOUND = 404


class NotWritten(SearchError):
    """Elasticsearch refused a document; none of its changes may be taken for written."""

    remedy = "The message says what the cluster did not like about the document."

    def __init__(self, product_id: str, reason: str) -> None:
        super().__init__(f"product {product_id} was not indexed: {reason}")
        self.product_id = product_id
        self.reason = reason


def write(client: Elasticsearch, generation: str, changes: Sequence[DocumentWrite]) -> WriteResult:
    """Apply `changes`. Raises GenerationNotFound, NotWritten."""
    patient = client.options(request_timeout=WRITE_SECONDS)
    applied = 0
    for start in range(0, len(changes), BULK_SIZE):
        operations = [line for change in changes[start : start + BULK_SIZE] for line in _lines(change)]
        answer = patient.bulk(index=generation, operations=operations)
        applied += sum(_applied(item, generation) for item in answer["items"])
    return WriteResult(applied=applied, stale=len(changes) - applied)


def _lines(change: DocumentWrite) -> Iterator[dict[str, Any]]:
    meta = {"_id": str(change.product_id), "version": change.version, "version_type": "external"}
    if isinstance(change, PutDocument):
        yield {"index": meta}
        yield indexed(change.document)
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
    raise NotWritten(result["_id"], f"{result['error']['type']}: {result['error'].get('reason')}")
