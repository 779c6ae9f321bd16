"""The vectors of a generation as of a commit: those of the file, and newer ones from tantivy's documents.

Whatever is found here is looked up in tantivy, which knows the deletes and the filters.
"""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from tantivy import Schema, Searcher

from indexing.encoder.identity import EncoderIdentity
from indexing.encoder.model import Vectors
from indexing.tantivy.passages import StoredPassage, passages_after
from indexing.tantivy.vector_file import NEWER_SHARE, SEARCHED, VectorFile, vector_files
from indexing.vectors.spread import SAMPLE, Spread

SEARCHED_AT_MOST = 16 * SEARCHED
"""Neighbours among which those that pass the filters are looked for, before all that pass are compared."""


@dataclass(frozen=True)
class StoredVectors:
    """The vectors of a generation as of a commit."""

    dimensions: int
    file: VectorFile | None
    newer: dict[int, Vectors | None]
    """Vectors that aren't in the file, by product; None for a product that has none any more."""
    spread: Spread | None
    """None without any vector."""
    newer_ids: list[int] = field(init=False)
    newer_matrix: Vectors = field(init=False)

    def __post_init__(self) -> None:
        """Arrange the newer vectors for comparison with a query."""
        known = {key: vector for key, vector in self.newer.items() if vector is not None}
        matrix = np.array([*known.values()], np.float32).reshape(-1, self.dimensions)
        object.__setattr__(self, "newer_ids", [*known])
        object.__setattr__(self, "newer_matrix", matrix)

    def __len__(self) -> int:
        """Return the number of vectors, of which some may be of deleted products."""
        return len(self.newer_ids) + (len(self.file) if self.file else 0)

    def of(self, product_ids: Sequence[int]) -> dict[int, Vectors]:
        """Return the vectors of those products that have one."""
        old = [each for each in product_ids if each not in self.newer]
        vectors = self.file.vectors(old) if self.file and old else {}
        return vectors | {key: vector for key in product_ids if (vector := self.newer.get(key)) is not None}

    def cosines(self, product_ids: Sequence[int], query: Vectors) -> dict[int, float]:
        """Return the cosines of those products that have a vector."""
        vectors = self.of(product_ids)
        if not vectors:
            return {}
        found = np.array([*vectors.values()], np.float32) @ query
        return dict(zip(vectors, found.tolist(), strict=True))

    def nearest(
        self,
        query: Vectors,
        *,
        limit: int,
        passing: Callable[[Sequence[int]], set[int]],
        all_passing: Callable[[], Sequence[int]],
    ) -> dict[int, float]:
        """Return the cosines of the `limit` nearest products that pass, the nearest first.

        `passing` returns which of some products pass, and `all_passing` all that do, which is slower unless
        they are few.
        """
        searched = SEARCHED
        while searched <= SEARCHED_AT_MOST:
            near = self._nearest(query, searched)
            accepted = passing([*near])
            if len(accepted) >= limit or len(near) < searched:
                return dict([(key, near[key]) for key in near if key in accepted][:limit])
            searched *= 4
        cosines = self.cosines(all_passing(), query)
        return dict(sorted(cosines.items(), key=lambda each: (-each[1], each[0]))[:limit])

    def _nearest(self, query: Vectors, count: int) -> dict[int, float]:
        found = dict(zip(self.newer_ids, (self.newer_matrix @ query).tolist(), strict=True))
        if self.file:
            near = self.file.nearest(query, count + len(self.newer))
            found |= {key: cosine for key, cosine in near.items() if key not in self.newer}
        return dict(sorted(found.items(), key=lambda each: (-each[1], each[0]))[:count])


class VectorReader:
    """Keeps the vectors of one generation current for its readers; threads may share it."""

    def __init__(self, folder: Path, *, identity: EncoderIdentity) -> None:
        """Read the files in the generation's `folder`."""
        self._folder = folder
        self._identity = identity
        self._lock = threading.Lock()
        self._searcher: Searcher | None = None
        self._passages: dict[int, StoredPassage] = {}
        self._seen = 0
        self._spread_of = -1
        self._current = StoredVectors(identity.dimensions, None, {}, None)

    def at(self, searcher: Searcher, schema: Schema) -> StoredVectors:
        """Return the vectors as of the commit of `searcher`, or as of a later one."""
        with self._lock:
            if searcher is not self._searcher:
                self._current = self._refreshed(searcher, schema)
                self._searcher = searcher
            return self._current

    def _refreshed(self, searcher: Searcher, schema: Schema) -> StoredVectors:
        file = self._newest_file()
        if file is None and self._current.file is not None:
            self._passages, self._seen = {}, 0
        covered = file.sequence if file else 0
        found = passages_after(searcher, schema, max(covered, self._seen))
        passages = self._passages | found
        self._passages = {key: each for key, each in passages.items() if each.sequence > covered}
        self._seen = max([self._seen, covered, *(each.sequence for each in found.values())])
        newer = {key: each.vector for key, each in self._passages.items()}
        return self._with_spread(StoredVectors(self._identity.dimensions, file, newer, self._current.spread))

    def _newest_file(self) -> VectorFile | None:
        known = self._current.file
        for path in vector_files(self._folder):
            if known and known.path == path:
                return known
            with suppress(ValueError, OSError):
                return VectorFile(path)
        return None

    def _with_spread(self, vectors: StoredVectors) -> StoredVectors:
        """Return `vectors` with the spread of a sample, which is only taken again after much has changed."""
        size = len(vectors)
        if vectors.spread is not None and abs(size - self._spread_of) <= NEWER_SHARE * size:
            return vectors
        parts = [vectors.newer_matrix[:SAMPLE]]
        if vectors.file:
            parts.append(vectors.file.sample(SAMPLE))
        sample = np.concatenate(parts)
        self._spread_of = size
        spread = Spread.of(sample) if len(sample) else None
        return replace(vectors, spread=spread)
