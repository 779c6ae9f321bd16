"""Writes to one generation: the highest version of a product wins, in any order of arrival."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

from tantivy import FieldType, Index, Query, Schema, Searcher

from indexing.engine import DeleteDocument, DocumentWrite, PutDocument, StoredDocument, WriteResult
from indexing.errors import GenerationBusy, IndexCorrupt
from indexing.schema import IndexSchema
from indexing.tantivy.matching import all_of
from indexing.tantivy.reader import Snapshot, whole_numbers
from indexing.tantivy.schema import indexed, register_analyzers, tombstone, written

if TYPE_CHECKING:
    from indexing.tantivy.passage_writer import PassageWriter
    from indexing.tantivy.passages import StoredPassage
    from indexing.vectors.encoding import PassageVectors

HEAP_BYTES = 64_000_000
DELETES_KEPT_FOR = timedelta(hours=1)
"""Longer than a process takes from reading a product to writing its document."""

NO_VECTORS: "PassageVectors" = MappingProxyType({})

Prepared: TypeAlias = Mapping[tuple[int, int], Mapping[str, Any]]
"""The fields of the documents that are put, by product and version."""


def prepared(writes: Sequence[DocumentWrite], *, schema: IndexSchema) -> Prepared:
    """Return the documents of `writes`: most of the work of a write, which needs no lock."""
    return {
        (each.product_id, each.version): indexed(each.document, version=each.version, schema=schema)
        for each in writes
        if isinstance(each, PutDocument)
    }


class Writer:
    """The only writer of a generation's folder, until it is closed."""

    def __init__(self, path: Path, *, generation: str, schema: IndexSchema) -> None:
        """Take the folder's lock; the generation has the fields of `schema`.

        Raises:
            GenerationBusy: another process has the lock.
            IndexCorrupt: the index is damaged.
        """
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
        self._passages = _passages(path.parent, self._index, schema)

    def write(
        self,
        writes: Sequence[DocumentWrite],
        documents: Prepared,
        *,
        now: datetime,
        vectors: "PassageVectors" = NO_VECTORS,
    ) -> WriteResult:
        """Apply `writes` in one commit: either all of them are in the index afterwards, or none.

        `documents` are those of `prepared`. `vectors` are those of the passages that are put, if the
        generation has vectors.
        """
        newest: dict[int, DocumentWrite] = {}
        for each in writes:
            known = newest.get(each.product_id)
            if known is None or each.version > known.version:
                newest[each.product_id] = each
        stored = versions(self._searcher(), self._schema, list(newest))
        fresh = [each for each in newest.values() if each.version > stored.get(each.product_id, -1)]
        passages = self._passages.written(fresh, self._index.searcher(), vectors) if self._passages else {}
        self._replace(fresh, documents, now=now, passages=passages)
        self._writer.commit()
        if self._passages and passages:
            self._passages.write_file(self._searcher())
        return WriteResult(applied=len(fresh), stale=len(writes) - len(fresh))

    def close(self) -> None:
        """Wait for merges and release the lock."""
        self._writer.wait_merging_threads()

    def abandon(self) -> None:
        """Release the lock without committing; this writer cannot be used any more."""
        del self._writer

    def _replace(
        self,
        writes: Sequence[DocumentWrite],
        documents: Prepared,
        *,
        now: datetime,
        passages: Mapping[int, "StoredPassage"],
    ) -> None:
        self._writer.delete_documents_by_query(
            Query.term_set_query(self._schema, "id", [each.product_id for each in writes])
        )
        for each in writes:
            if isinstance(each, PutDocument):
                document = documents[each.product_id, each.version]
                if passage := passages.get(each.product_id):
                    document = {**document, **passage.fields()}
                self._writer.add_json(written(document))
            else:
                self._writer.add_document(tombstone(each.product_id, version=each.version, now=now))
        if any(isinstance(each, DeleteDocument) for each in writes):
            self._drop_tombstones(now - DELETES_KEPT_FOR)

    def _drop_tombstones(self, before: datetime) -> None:
        old = Query.range_query(
            self._schema, "deleted_at", FieldType.Integer, 0, int(before.timestamp()), include_upper=False
        )
        self._writer.delete_documents_by_query(old)

    def _searcher(self) -> Searcher:
        self._index.reload()
        return self._index.searcher()


def _passages(folder: Path, index: Index, schema: IndexSchema) -> "PassageWriter | None":
    if schema.encoder is None:
        return None
    from indexing.tantivy.passage_writer import PassageWriter  # noqa: PLC0415 (needs the extra `semantic`)

    return PassageWriter(folder, index, dimensions=schema.encoder.dimensions)


def versions(searcher: Searcher, schema: Schema, product_ids: Sequence[int]) -> dict[int, int]:
    """Return the stored versions of `product_ids`, including those of deletes."""
    if not product_ids or not searcher.num_docs:
        return {}
    query = Query.term_set_query(schema, "id", list(product_ids))
    addresses = [address for _, address in searcher.search(query, len(product_ids), count=False).hits]
    ids = whole_numbers(searcher, "id", addresses)
    return dict(zip(ids, whole_numbers(searcher, "version", addresses), strict=True))


def stored_in(snapshot: Snapshot, product_ids: Sequence[int]) -> dict[int, StoredDocument]:
    """Return the stored documents of `product_ids`."""
    known = versions(snapshot.searcher, snapshot.index.schema, product_ids)
    wanted = Query.term_set_query(snapshot.index.schema, "id", list(known))
    live = all_of(snapshot.matching.live(), wanted)
    found = snapshot.searcher.search(live, max(1, len(known)), count=False).hits
    documents = snapshot.documents([address for _, address in found])
    return {document.id: StoredDocument(known[document.id], document) for document in documents}
