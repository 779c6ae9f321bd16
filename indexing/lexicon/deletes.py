"""Words within a few edits of a form, by symmetric deletes.

Two words within d edits have a common string that remains after deleting at most d letters from each. The
index therefore has the hash of each string that remains of a word's first letters, and a lookup hashes what
remains of the form (Wolf Garbe's SymSpell; Bocek, Hunt and Stiller, "Fast similarity search in large
dictionaries", 2007). What has an equal hash is only a candidate; its distance is computed.

A hash is a polynomial over code points, so the hashes of all remaining strings are one matrix product.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import combinations

import numpy as np
import numpy.typing as npt

MAX_EDITS = 2
PREFIX = 7
"""Letters from which others are deleted; more make the index larger, fewer give more candidates."""
MAX_LENGTH = 40
"""Letters; longer words are hardly ever typed, and have no neighbours."""
SHORT = 5
"""Words of up to this length need only one delete: two edits are allowed only in longer forms."""

_BASE = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1

Hashes = npt.NDArray[np.uint32]


@cache
def _weights(length: int, deletes: int) -> npt.NDArray[np.uint64]:
    """Return a row for each way to delete up to `deletes` of `length` letters: each letter's weight."""
    rows = []
    for count in range(min(deletes, length - 1) + 1):
        for deleted in combinations(range(length), count):
            row = [0] * length
            kept = [place for place in range(length) if place not in deleted]
            for rank, place in enumerate(kept, 1):
                row[place] = pow(_BASE, rank, _MASK + 1)
            rows.append(row)
    return np.array(rows, np.uint64)


def _letters(word: str) -> npt.NDArray[np.uint64]:
    return np.frombuffer(word[:PREFIX].encode("utf-32-le", errors="replace"), np.uint32).astype(np.uint64)


def _shortened(hashes: npt.NDArray[np.uint64]) -> Hashes:
    return (hashes >> np.uint64(32)).astype(np.uint32)


def _letter_set(word: str) -> int:
    """Return a bit for each letter that occurs; several letters share a bit."""
    found = 0
    for letter in word:
        found |= 1 << (ord(letter) & 31)
    return found


def shape_sections(words: Sequence[str]) -> dict[str, bytes]:
    """Return the sections with the set of letters and the length of each word."""
    return {
        "words.letters": np.fromiter(map(_letter_set, words), np.uint32, len(words)).tobytes(),
        "words.lengths": np.fromiter(map(len, words), np.int8, len(words)).tobytes(),
    }


def delete_sections(words: Sequence[str], numbers: Sequence[int]) -> dict[str, bytes]:
    """Return the sections of an index of `words`, which `numbers` identify."""
    parts = [np.zeros(0, np.uint64), *_entries(words, numbers)]
    entries = np.sort(np.concatenate(parts))
    return {
        "deletes.hashes": (entries >> np.uint64(32)).astype(np.uint32).tobytes(),
        "deletes.words": entries.astype(np.uint32).tobytes(),
    }


def _entries(words: Sequence[str], numbers: Sequence[int]) -> Iterator[npt.NDArray[np.uint64]]:
    groups: dict[tuple[int, int], list[int]] = {}
    for place, word in enumerate(words):
        deletes = 1 if len(word) <= SHORT else MAX_EDITS
        groups.setdefault((min(len(word), PREFIX), deletes), []).append(place)
    for (length, deletes), places in groups.items():
        letters = np.stack([_letters(words[place]) for place in places])
        hashes = _shortened(letters @ _weights(length, deletes).T).astype(np.uint64)
        ids = np.array([numbers[place] for place in places], np.uint64)
        yield ((hashes << np.uint64(32)) | ids[:, None]).ravel()


class DeleteIndex:
    """Finds the words that may be within a few edits of a form."""

    def __init__(self, sections: Mapping[str, memoryview]) -> None:
        """Read the sections that `delete_sections` returned."""
        self._hashes: Hashes = np.frombuffer(sections["deletes.hashes"], np.uint32)
        self._words: Hashes = np.frombuffer(sections["deletes.words"], np.uint32)
        self._letter_sets: Hashes = np.frombuffer(sections["words.letters"], np.uint32)
        self._lengths: npt.NDArray[np.int8] = np.frombuffer(sections["words.lengths"], np.int8)

    def candidates(self, form: str, edits: int) -> list[int]:
        """Return the numbers of words that may be within `edits` edits of `form`, and of some others."""
        letters = _letters(form)
        if not 0 < len(form) <= MAX_LENGTH:
            return []
        wanted = _shortened(_weights(len(letters), edits) @ letters)
        first = self._hashes.searchsorted(wanted, "left").tolist()
        last = self._hashes.searchsorted(wanted, "right").tolist()
        runs = [self._words[start:end] for start, end in zip(first, last, strict=True) if start < end]
        if not runs:
            return []
        found = np.concatenate(runs)
        # Each edit changes at most two letters of the set: one that goes and one that comes.
        changed = np.bitwise_count(self._letter_sets[found] ^ np.uint32(_letter_set(form)))
        longer = np.abs(self._lengths[found] - np.int8(len(form)))
        return list(set(found[(changed <= 2 * edits) & (longer <= edits)].tolist()))
