"""What is known of pieces of text between spaces: most of them are in many texts."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

CACHED_CHUNKS = 100_000
"""Pieces of text whose analysis is kept: the vocabulary of a large shop, about 50 MB."""

Indexed: TypeAlias = tuple[str, str, str]
"""The stems of a piece of text, the terms of its parts, and its forms."""


class IndexedChunks(dict[str, Indexed]):
    """A dictionary that computes what it lacks: a look-up costs less than a call of a function."""

    def __init__(self, compute: Callable[[str], Indexed]) -> None:
        super().__init__()
        self._compute = compute

    def __missing__(self, chunk: str) -> Indexed:
        if len(self) >= CACHED_CHUNKS:
            self.clear()
        self[chunk] = found = self._compute(chunk)
        return found


class ChunkTerms(dict[str, str]):
    """The stems of pieces of text, and the terms of the parts of the few that have parts.

    It is replaced instead of cleared, so that a thread that has found stems in it finds their parts as well.
    """

    def __init__(self, compute: Callable[[str], Indexed]) -> None:
        super().__init__()
        self._compute = compute
        self._parts: dict[str, str] = {}

    def __missing__(self, chunk: str) -> str:
        stems, parts, _ = self._compute(chunk)
        if parts:
            self._parts[chunk] = parts
        self[chunk] = stems
        return stems

    def add(self, chunks: Sequence[str], stems: list[str], parts: list[str]) -> None:
        """Append what is known of `chunks` to `stems` and `parts`."""
        stems += map(self.__getitem__, chunks)
        parts += [self._parts[chunk] for chunk in chunks if chunk in self._parts]
