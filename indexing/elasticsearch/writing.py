"""Writes to one generation: the highest version of a product wins, in any order of arrival."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
from elasticsearch import ApiError, Elasticsearch

from indexing.document import ProductDocument
from indexing.elasticsearch.client import NAME, OVERLOADED, WRITE_RETRIES, WRITE_SECONDS
from indexing.elasticsearch.mapping import encoded
from indexing.engine import DocumentWrite, PutDocument, WriteResult
from indexing.errors import DocumentRefused, GenerationNotFound, SearchEngineUnavailable
from indexing.schema import IndexSchema

MAX_DOCUMENTS = 250
MAX_BYTES = 4_000_000
"""Of one request, whichever comes first; large requests occupy the cluster's memory for long."""
CONCURRENT_REQUESTS = 4
"""Of one process. The cluster indexes a request in one thread for each shard."""
FIRST_WAIT_SECONDS = 0.1
"""Before what an overloaded cluster refused is sent again; doubled with each further refusal."""
CONFLICT = 409
TOO_MANY_REQUESTS = 429
NOT_FOUND = 404
PARTS_OF_RESPONSE = ["errors", "items.*.status", "items.*._id", "items.*.error.type", "items.*.error.reason"]

VectorOf = Callable[[ProductDocument], dict[str, Any] | None]
Operation = tuple[bytes, ...]
"""The lines of one write in the body of a bulk request: the action, and the document of a put."""

_encode = msgspec.json.Encoder().encode


class Writing:
    """Sends writes in several concurrent requests, and less often while the cluster is overloaded."""

    def __init__(self, client: Elasticsearch) -> None:
        """Send through `client`; threads are started with the first large write."""
        self._client = client.options(request_timeout=WRITE_SECONDS, max_retries=WRITE_RETRIES)
        self._pool = ThreadPoolExecutor(CONCURRENT_REQUESTS, thread_name_prefix="bulk")

    def write(
        self,
        generation: str,
        writes: Sequence[DocumentWrite],
        *,
        schema: IndexSchema,
        vector_of: VectorOf = lambda document: None,
    ) -> WriteResult:
        """Apply `writes` with the fields of `schema`. A retry changes nothing, because writes have versions.

        `vector_of` returns the fields of a product's vector.

        Raises:
            GenerationNotFound: the generation was dropped.
            DocumentRefused: the cluster refused a document.
            SearchEngineUnavailable: the cluster was overloaded for WRITE_SECONDS.
        """
        requests = [
            self._pool.submit(self._send, generation, operations)
            for operations in _requests(
                _operation(each, schema=schema, vector_of=vector_of) for each in writes
            )
        ]
        results = [request.exception() for request in requests]
        for error in results:
            if error is not None:
                raise error
        applied = sum(request.result() for request in requests)
        return WriteResult(applied=applied, stale=len(writes) - applied)

    def close(self) -> None:
        """Stop the threads."""
        self._pool.shutdown(wait=False)

    def _send(self, generation: str, operations: Sequence[Operation]) -> int:
        """Send `operations` until the cluster is not too busy for any; return how many were applied."""
        applied, wait, ends_at = 0, FIRST_WAIT_SECONDS, time.monotonic() + WRITE_SECONDS
        while operations:
            items = self._items(generation, operations)
            applied += sum(_applied(item, generation) for item in items)
            operations = [
                operation
                for operation, item in zip(operations, items, strict=True)
                if item["status"] in OVERLOADED
            ]
            if operations and time.monotonic() + wait > ends_at:
                raise SearchEngineUnavailable(NAME, f"too busy for {WRITE_SECONDS:g} seconds")
            if operations:
                time.sleep(wait)
                wait *= 2
        return applied

    def _items(self, generation: str, operations: Sequence[Operation]) -> list[dict[str, Any]]:
        """Return the result of each operation; the same for all of them if the request was refused."""
        lines = [line for operation in operations for line in operation]
        try:
            # Encoded lines are accepted, and sent as they are.
            response = self._client.bulk(
                index=generation,
                operations=lines,  # type: ignore[arg-type]
                filter_path=PARTS_OF_RESPONSE,
            )
        except ApiError as error:
            if error.status_code != TOO_MANY_REQUESTS:
                raise
            return [{"status": TOO_MANY_REQUESTS}] * len(operations)
        return [result for item in response["items"] for result in item.values()]


def _requests(operations: Iterator[Operation]) -> Iterator[list[Operation]]:
    """Yield `operations` in groups of at most MAX_DOCUMENTS and about MAX_BYTES."""
    group: list[Operation] = []
    size = 0
    for operation in operations:
        group.append(operation)
        size += sum(map(len, operation))
        if len(group) == MAX_DOCUMENTS or size >= MAX_BYTES:
            yield group
            group, size = [], 0
    if group:
        yield group


def _operation(write: DocumentWrite, *, schema: IndexSchema, vector_of: VectorOf) -> Operation:
    meta = {"_id": str(write.product_id), "version": write.version, "version_type": "external"}
    if isinstance(write, PutDocument):
        return _encode({"index": meta}), encoded(
            write.document, schema=schema, vector=vector_of(write.document)
        )
    return (_encode({"delete": meta}),)


def _applied(result: dict[str, Any], generation: str) -> bool:
    if "error" not in result:
        # A delete of a product that the index doesn't hold has the status 404, and no error.
        return result["status"] not in OVERLOADED
    if result["status"] in (CONFLICT, *OVERLOADED):
        return False
    if result["status"] == NOT_FOUND:
        raise GenerationNotFound(generation)
    raise DocumentRefused(result["_id"], f"{result['error']['type']}: {result['error'].get('reason')}")
