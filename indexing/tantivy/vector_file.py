"""The file of a generation's vectors, written by its only writer and mapped into memory by its readers.

HOME/NAME/vectors-NUMBER.usearch    the vectors up to the write NUMBER

tantivy's documents hold all vectors, and one commit changes a product and its vector. The file is derived
from them, so it needs no recovery: after a crash it is merely older, and a damaged one is ignored.
"""

import importlib
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tantivy import Schema, Searcher

from indexing.encoder.model import Vectors
from indexing.errors import SearchEngineUnavailable
from indexing.tantivy.folder import NAME
from indexing.tantivy.passages import count_after, ids_with_passages, passages_after

PREFIX, SUFFIX = "vectors-", ".usearch"
NEWER_AT_LEAST = 1_000
NEWER_SHARE = 0.05
"""A new file is written when so many vectors, and this share of the file's, are newer than it."""
KEPT_FILES = 2
"""A reader may be about to open the file before the newest."""
SEARCHED = 400
"""Candidates that a search in the file's graph considers: it finds nearly all of the 50 nearest products."""


class VectorFile:
    """The vectors of a file."""

    def __init__(self, path: Path) -> None:
        """Map the file into memory.

        Raises:
            ValueError, OSError: it is damaged, or was deleted.
        """
        self.path = path
        self.sequence = _sequence(path)
        self._index = _usearch().Index.restore(str(path), view=True)

    def __len__(self) -> int:
        """Return the number of vectors."""
        return len(self._index)

    def vectors(self, product_ids: Sequence[int]) -> dict[int, Vectors]:
        """Return the vectors of those products that are in the file."""
        found = self._index.get(np.array(product_ids, np.uint64))
        return {
            key: vector.reshape(-1)
            for key, vector in zip(product_ids, found, strict=True)
            if vector is not None
        }

    def nearest(self, query: Vectors, count: int) -> dict[int, float]:
        """Return the cosines of about the `count` nearest products."""
        found = self._index.search(query, count, threads=1)
        return dict(zip(found.keys.tolist(), (1.0 - found.distances).tolist(), strict=True))

    def sample(self, size: int) -> Vectors:
        """Return about `size` vectors, evenly from all products."""
        keys = np.sort(np.asarray(self._index.keys))
        chosen = keys[:: max(1, len(keys) // size)]
        return np.array([*self.vectors(chosen.tolist()).values()], np.float32)


def vector_files(folder: Path) -> list[Path]:
    """Return the files of a generation, the newest first."""
    return sorted(folder.glob(f"{PREFIX}*{SUFFIX}"), reverse=True)


def delete_unusable_files(folder: Path) -> None:
    """Delete damaged files and those of a process that was killed, so that the next write replaces them."""
    for path in folder.glob(f".{PREFIX}*"):
        path.unlink(missing_ok=True)
    for path in vector_files(folder):
        try:
            VectorFile(path)
        except (ValueError, OSError):
            path.unlink(missing_ok=True)


def write_file(folder: Path, *, searcher: Searcher, schema: Schema, dimensions: int) -> None:
    """Write a new file if many vectors are newer than the last one.

    Raises:
        SearchEngineUnavailable: the disk is full or can't be written.
    """
    files = vector_files(folder)
    last = _sequence(files[0]) if files else 0
    total = count_after(searcher, schema, 0)
    if count_after(searcher, schema, last) < max(NEWER_AT_LEAST, NEWER_SHARE * total):
        return
    try:
        index = _updated(files[0] if files else None, searcher, schema, dimensions=dimensions)
        sequence = max(each.sequence for each in passages_after(searcher, schema, last).values())
        _save(index, folder / f"{PREFIX}{sequence:020d}{SUFFIX}")
    except OSError as error:
        raise SearchEngineUnavailable(NAME, str(error)) from error
    for path in files[KEPT_FILES - 1 :]:
        path.unlink(missing_ok=True)


def _updated(path: Path | None, searcher: Searcher, schema: Schema, *, dimensions: int) -> Any:
    """Return the index of the file at `path` with the vectors that the documents have now."""
    if path is None:
        index = _usearch().Index(ndim=dimensions, metric="cos", dtype="f16", expansion_search=SEARCHED)
    else:
        index = _usearch().Index.restore(str(path), view=False)
    newer = passages_after(searcher, schema, 0 if path is None else _sequence(path))
    listed = ids_with_passages(searcher, schema)
    gone = [key for key in np.asarray(index.keys).tolist() if key in newer or key not in listed]
    if gone:
        index.remove(np.array(gone, np.uint64))
    added = {key: each.vector for key, each in newer.items() if each.vector is not None}
    if added:
        index.add(np.array([*added], np.uint64), np.array([*added.values()], np.float32), threads=1)
    return index


def _save(index: Any, path: Path) -> None:
    """Store the file under its name only when it is complete."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        index.save(str(temporary))
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.rename(path)
    finally:
        temporary.unlink(missing_ok=True)


def _sequence(path: Path) -> int:
    return int(path.name.removeprefix(PREFIX).removesuffix(SUFFIX))


def _usearch() -> Any:
    # Only a shop with an encoder needs the package.
    return importlib.import_module("usearch.index")
