"""Writing one generation: the highest version of a product wins, whatever the order of arrival."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from tantivy import FieldType, Index, Query, Schema, Searcher

from indexing.engine import (
    DeleteDocument,
    DocumentWrite,
    GenerationBusy,
    IndexCorrupt,
    PutDocument,
    StoredDocument,
    WriteResult,
)
from indexing.tantivy.matching import all_of
from indexing.tantivy.reader import Snapshot, whole_numbers
from indexing.tantivy.schema import indexed, register_analyzers, tombstone

HEAP_BYTES = 64_000_000
DELETES_KEPT_FOR = timedelta(hours=1)
"""Longer than any process can take between reading a product and writing it here."""


class Writer:
    """The one writer of a generation's folder, until it is closed."""

    def __init__(self, path: Path, *, generation: str) -> None:
        """Take the folder's lock. Raises GenerationBusy, IndexCorrupt."""
        self._generation = generation
        try:
            self._index = Index.open(str(path))
            register_analyzers(self._index)
            self._index.config_reader("manual")
            self._writer = self._index.writer(HEAP_BYTES, 1)
        except ValueError as error:
            if "LockBusy" in str(error):
                raise GenerationBusy(generation) from error
            raise IndexCorrupt(generation, str(error)) from error
        self._schema = self._index.schema

    def write(self, changes: Sequence[DocumentWrite], *, now: datetime) -> WriteResult:
        """Apply `changes` and commit; either all of them are in the index then, or none."""
        newest: dict[int, DocumentWrite] = {}
        for change in changes:
            known = newest.get(change.product_id)
            if known is None or change.version > known.version:
                newest[change.product_id] = change
        stored = versions(self._searcher(), self._schema, list(newest))
        fresh = [change for change in newest.values() if change.version > stored.get(change.product_id, -1)]
        self._replace(fresh, now=now)
        self._writer.commit()
        return WriteResult(applied=len(fresh), stale=len(changes) - len(fresh))

    def close(self) -> None:
        """Wait for merges and give the lock back."""
        self._writer.wait_merging_threads()

    def abandon(self) -> None:
        """Give the lock back, and with it what was not committed; this writer is of no further use."""
        del self._writer

    def _replace(self, changes: Sequence[DocumentWrite], *, now: datetime) -> None:
        self._writer.delete_documents_by_query(
            Query.term_set_query(self._schema, "id", [change.product_id for change in changes])
        )
        for change in changes:
            if isinstance(change, PutDocument):
                self._writer.add_document(indexed(change.document, version=change.version))
            else:
                self._writer.add_document(tombstone(change.product_id, version=change.version, now=now))
        if any(isinstance(change, DeleteDocument) for change in changes):
            self._forget_deletes(now - DELETES_KEPT_FOR)

    def _forget_deletes(self, before: datetime) -> None:
        old = Query.range_query(
            self._schema, "deleted_at", FieldType.Integer, 0, int(before.timestamp()), include_upper=False
        )
        self._writer.delete_documents_by_query(old)

    def _searcher(self) -> Searcher:
        self._index.reload()
        return self._index.searcher()


def versions(searcher: Searcher, schema: Schema, product_ids: Sequence[int]) -> dict[int, int]:
    """Return the versions, deletes included, that an index holds of `product_ids`."""
    if not product_ids or not searcher.num_docs:
        return {}
    query = Query.term_set_query(schema, "id", list(product_ids))
    addresses = [address for _, address in searcher.search(query, len(product_ids), count=False).hits]
    ids = whole_numbers(searcher, "id", addresses)
    return dict(zip(ids, whole_numbers(searcher, "version", addresses), strict=True))


def stored_in(snapshot: Snapshot, product_ids: Sequence[int]) -> dict[int, StoredDocument]:
    """Return what a generation holds of `product_ids`."""
    known = versions(snapshot.searcher, snapshot.index.schema, product_ids)
    wanted = Query.term_set_query(snapshot.index.schema, "id", list(known))
    live = all_of(snapshot.matching.live(), wanted)
    found = snapshot.searcher.search(live, max(1, len(known)), count=False).hits
    documents = snapshot.documents([address for _, address in found])
    return {document.id: StoredDocument(known[document.id], document) for document in documents}
