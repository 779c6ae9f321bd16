"""Writes the passages of products, and the file of their vectors."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from tantivy import Index, Searcher

from indexing.encoder.passages import digest, passage
from indexing.engine import DocumentWrite, PutDocument
from indexing.tantivy.passages import NO_DIGEST, StoredPassage, last_sequence, passages_of
from indexing.tantivy.vector_file import delete_unusable_files, write_file
from indexing.vectors.encoding import PassageVectors


class PassageWriter:
    """The passages of one generation, for its only writer."""

    def __init__(self, folder: Path, index: Index, *, dimensions: int) -> None:
        """Continue with the writes that `index`, in the generation's `folder`, has."""
        self._folder = folder
        self._schema = index.schema
        self._dimensions = dimensions
        delete_unusable_files(folder)
        index.reload()
        self._sequence = last_sequence(index.searcher())

    def written(
        self, writes: Sequence[DocumentWrite], searcher: Searcher, vectors: PassageVectors
    ) -> Mapping[int, StoredPassage]:
        """Return the passages of the products that are put; unchanged ones keep their vector and number."""
        puts = [each for each in writes if isinstance(each, PutDocument)]
        stored = passages_of(searcher, self._schema, [each.product_id for each in puts])
        self._sequence += 1
        passages = {}
        for each in puts:
            key, former = digest(passage(each.document)), stored.get(each.product_id)
            if former is not None and former.digest == key:
                passages[each.product_id] = former
            elif (vector := vectors.get(key)) is not None:
                passages[each.product_id] = StoredPassage(key, self._sequence, vector)
            elif former is not None:
                passages[each.product_id] = StoredPassage(NO_DIGEST, self._sequence, None)
        return passages

    def write_file(self, searcher: Searcher) -> None:
        """Write the file of vectors again if many are newer; `searcher` has the last commit."""
        write_file(self._folder, searcher=searcher, schema=self._schema, dimensions=self._dimensions)
