"""The protocol of indexing.engine on tantivy."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from indexing.analysis import DEFAULT_LANGUAGE
from indexing.buckets import Bucket
from indexing.document import SuggestedProduct
from indexing.encoder.lazy import identity_of
from indexing.engine import DocumentWrite, Generation, StoredDocument, WriteResult
from indexing.errors import GenerationNotFound, IndexCorrupt, IndexMissing
from indexing.facet_search import FacetSearch
from indexing.fields import ATTRIBUTE
from indexing.lexicon.lexicon import Lexicon
from indexing.lexicon.loading import Lexicons
from indexing.page import SearchPage
from indexing.request import SearchRequest
from indexing.schema import VERSION, IndexSchema
from indexing.suggestions.typed import Typed
from indexing.tantivy.folder import NAME, Folder, Pointer
from indexing.tantivy.lexicons import LexiconFiles
from indexing.tantivy.reader import Reader, Snapshot, reading
from indexing.tantivy.searching import facet_values, search
from indexing.tantivy.suggesting import suggested_products
from indexing.tantivy.writer import NO_VECTORS, Writer, prepared, stored_in

if TYPE_CHECKING:
    from indexing.encoder.model import TextEncoder
    from indexing.vectors.encoding import PassageVectors


class TantivyEngine:
    """A search engine in a folder. Threads may share it; only one process may write a generation."""

    name = NAME

    def __init__(
        self, home: Path, *, language: str = DEFAULT_LANGUAGE, encoder: "TextEncoder | None" = None
    ) -> None:
        """Keep generations in `home`, which is created with the first of them.

        `language` is that of the generations that it creates, and `encoder` makes their vectors.
        """
        self.encoder = encoder
        self._language = language
        self._folder = Folder(home, language=language)
        self._lexicon_files = LexiconFiles(home)
        self._lexicons = Lexicons(self._lexicon_files)
        self._lock = threading.RLock()
        self._readers: dict[str, Reader] = {}
        self._writers: dict[str, Writer] = {}

    def search(self, request: SearchRequest) -> SearchPage:
        """Return one page."""
        with self._serving_snapshot() as snapshot:
            return search(snapshot, request, lexicon=self.lexicon(snapshot.generation), encoder=self.encoder)

    def facet_values(self, request: SearchRequest, wanted: FacetSearch) -> tuple[Bucket, ...]:
        """Return the values of a facet that `wanted` finds, those of the most products first."""
        with self._serving_snapshot() as snapshot:
            lexicon = self.lexicon(snapshot.generation)
            return facet_values(snapshot, request, wanted, lexicon=lexicon, encoder=self.encoder)

    def suggest_products(self, typed: Typed, *, limit: int) -> tuple[SuggestedProduct, ...]:
        """Return products whose words include what was typed; best sellers first."""
        with self._serving_snapshot() as snapshot:
            return suggested_products(snapshot, typed, limit=limit)

    def write(self, generation: str, writes: Sequence[DocumentWrite], *, now: datetime) -> WriteResult:
        """Apply `writes`; the generation's lock is held until `release` or `close`."""
        _, schema = self._opened(generation)
        vectors = self._new_vectors(generation, writes, schema)
        documents = prepared(writes, schema=schema)
        with self._lock:
            writer = self._writer(generation)
            try:
                return writer.write(writes, documents, now=now, vectors=vectors)
            except BaseException:
                # A writer that failed may be unusable; the next one begins from the last commit.
                del self._writers[generation]
                writer.abandon()
                raise

    def _new_vectors(
        self, generation: str, writes: Sequence[DocumentWrite], schema: IndexSchema
    ) -> "PassageVectors":
        """Return the vectors of the passages of `writes`, before any lock is taken: encoding takes long."""
        if schema.encoder is None:
            return NO_VECTORS
        from indexing.tantivy.passages import passages_of  # noqa: PLC0415 (needs the extra `semantic`)
        from indexing.vectors.encoding import with_new_vectors  # noqa: PLC0415

        with self._snapshot(generation) as snapshot:
            ids = [each.product_id for each in writes]
            stored = passages_of(snapshot.searcher, snapshot.index.schema, ids).values()
        known = [(each.digest, each.vector) for each in stored if each.vector is not None]
        return with_new_vectors(writes, known, schema=schema, encoder=self.encoder)

    def _writer(self, generation: str) -> Writer:
        path, schema = self._opened(generation)
        if generation not in self._writers:
            self._writers[generation] = Writer(path, generation=generation, schema=schema)
        return self._writers[generation]

    def _opened(self, generation: str) -> tuple[Path, IndexSchema]:
        """Return the generation's folder and schema; release it if it was dropped."""
        try:
            return self._folder.open(generation)
        except GenerationNotFound:
            self.release(generation)
            raise

    def stored(self, generation: str, product_ids: Sequence[int]) -> dict[int, StoredDocument]:
        """Return the stored documents of these products."""
        with self._snapshot(generation) as snapshot:
            return stored_in(snapshot, product_ids)

    def product_ids(self, generation: str, *, after: int, limit: int) -> list[int]:
        """Return the ids of products above `after`, in ascending order."""
        with self._snapshot(generation) as snapshot:
            return snapshot.ids_above(after, limit=limit)

    def count(self, generation: str) -> int:
        """Return how many products the generation holds."""
        with self._snapshot(generation) as snapshot:
            return snapshot.count(snapshot.matching.live())

    def counts(self, generation: str, field: str) -> Iterator[tuple[str, int]]:
        """Yield the values of an exact field with their numbers of products."""
        with self._snapshot(generation) as snapshot:
            if field == ATTRIBUTE:
                yield from snapshot.variants.spelling_counts()
            else:
                yield from snapshot.values(snapshot.matching.fields.field(field).name)

    def save_lexicon(self, generation: str, content: bytes) -> None:
        """Store the generation's lexicon; this process uses it at once."""
        self._folder.open(generation)
        self._lexicon_files.save(generation, content)
        self._lexicons.check(generation)

    def lexicon(self, generation: str, *, wait: bool = False) -> Lexicon:
        """Return the generation's lexicon."""
        if wait:
            self._lexicons.check(generation)
        return self._lexicons.current(generation)

    def generations(self) -> tuple[Generation, ...]:
        """Return all generations, oldest first."""
        return self._folder.generations()

    def serving(self) -> Generation:
        """Return the serving generation."""
        serving = self._folder.pointer().serving
        if serving is None:
            raise IndexMissing(self.name)
        return self._folder.generation(serving)

    def create(self, *, now: datetime) -> Generation:
        """Create an empty generation of the current schema version."""
        return self._folder.create(now=now, encoder=identity_of(self.encoder))

    def is_like_new(self, generation: Generation) -> bool:
        """Return whether `create` would create a generation with the same version, language and encoder."""
        described = (generation.schema_version, generation.language, generation.encoder)
        return described == (VERSION, self._language, identity_of(self.encoder))

    def swap(self, generation: str) -> None:
        """Make this the serving generation from the next search on."""
        self._folder.serve(generation)

    def drop(self, generation: str) -> None:
        """Delete a generation that is not the serving one."""
        pointer = self._folder.pointer()
        if generation == pointer.serving:
            raise ValueError(f"{generation} serves and cannot be dropped")
        if generation not in {each.name for each in self.generations()}:
            raise GenerationNotFound(generation)
        if generation == pointer.standby:
            self._folder.point(Pointer(serving=pointer.serving))
        self.release(generation)
        with self._lock:
            self._readers.pop(generation, None)
        self._lexicons.forget(generation)
        self._folder.drop(generation)

    def destroy(self) -> None:
        """Delete every generation, including the serving one."""
        self._folder.point(Pointer())
        for generation in self.generations():
            self.drop(generation.name)

    def release(self, generation: str) -> None:
        """Let another process write this generation."""
        with self._lock:
            writer = self._writers.pop(generation, None)
            if writer is not None:
                writer.close()

    def ping(self) -> None:
        """Raise an error unless searches can be served."""
        with self._serving_snapshot() as snapshot:
            snapshot.count(snapshot.matching.live())

    def close(self) -> None:
        """Release every lock."""
        for generation in list(self._writers):
            self.release(generation)
        self._readers.clear()

    def _serving_snapshot(self) -> AbstractContextManager[Snapshot]:
        serving = self._folder.pointer().serving
        if serving is None:
            raise IndexMissing(self.name)
        return self._snapshot(serving)

    @contextmanager
    def _snapshot(self, generation: str) -> Iterator[Snapshot]:
        with reading(generation):
            yield self._newest(generation)

    def _newest(self, generation: str) -> Snapshot:
        try:
            return self._reader(generation).snapshot()
        except IndexCorrupt:
            # The files of a generation that another process has dropped are missing as well.
            self._folder.generation(generation)
            raise

    def _reader(self, generation: str) -> Reader:
        reader = self._readers.get(generation)
        if reader is None:
            path, schema = self._folder.open(generation)
            with self._lock:
                self._close_dropped()
                reader = self._readers.setdefault(
                    generation, Reader(path, generation=generation, schema=schema)
                )
        return reader

    def _close_dropped(self) -> None:
        """Close generations that other processes have dropped, because open files occupy the disk."""
        names = {each.name for each in self.generations()}
        self._readers = {name: reader for name, reader in self._readers.items() if name in names}
