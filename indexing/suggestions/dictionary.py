"""The suggestion dictionary: what a process that suggests needs to know of the catalogue and of past queries.

It is built from the titles of all products (`building.py`), stored as one value, and read by every searching
process. Look-ups take about a tenth of a millisecond and need no request to another process.
"""

import io
import zlib
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self
from zipfile import BadZipFile

import msgspec
import numpy as np
from numpy.typing import NDArray

from indexing.page import SuggestionKind
from indexing.suggestions.arrays import Arrays, Ids, Lists

FORMAT = 1
"""Increased when stored dictionaries can't be read any more; they are then built again."""
_HIGHEST = "\U0010ffff"


class Named(msgspec.Struct, frozen=True):
    """A query, a category or a brand."""

    kind: SuggestionKind
    text: str
    count: int
    """The number of products; of a query, the number of shoppers for whom it led to something."""
    slug: str = ""


@dataclass(frozen=True, kw_only=True)
class SuggestionDictionary:
    """The words of the catalogue, and the entries that contain them, each from the best to the worst."""

    words: Sequence[str]
    """All words in alphabetical order; a word's place here is its number."""
    frequencies: Ids
    """The number of products that contain each word."""
    titles: Lists = field(repr=False)
    """The words of each title in order, those of best sellers first."""
    products: Lists = field(repr=False)
    """The titles that contain each word."""
    phrase_words: NDArray[np.uint32] = field(repr=False)
    phrase_counts: Ids = field(repr=False)
    phrases: Lists = field(repr=False)
    """The phrases that contain each word."""
    phrases_first: Lists = field(repr=False)
    """The phrases that begin with each word."""
    named: tuple[Named, ...] = field(repr=False)
    named_entries: Lists = field(repr=False)
    """The entries of `named` that contain each word."""
    unprompted: tuple[Named, ...] = field(default=(), repr=False)
    """What is suggested before anything is typed: trending queries, then popular ones."""

    def number(self, word: str) -> int | None:
        """Return the number of a word; None if the catalogue doesn't contain it."""
        place = bisect_left(self.words, word)
        return place if place < len(self.words) and self.words[place] == word else None

    def with_prefix(self, prefix: str) -> tuple[int, int]:
        """Return the first number of the words that begin with `prefix`, and the first after them."""
        return bisect_left(self.words, prefix), bisect_left(self.words, prefix + _HIGHEST)

    def frequency(self, first: int, end: int) -> int:
        """Return the sum of the frequencies of the words from `first` to before `end`."""
        return int(self.frequencies[first:end].sum())

    def phrase(self, place: int) -> str:
        """Return the text of a phrase."""
        return " ".join(self.words[number - 1] for number in self.phrase_words[place] if number)

    @cached_property
    def kind_ends(self) -> dict[SuggestionKind, tuple[int, int]]:
        """Where the entries of each kind begin and end in `named`."""
        kinds = [each.kind for each in self.named]
        return {
            kind: (kinds.index(kind), kinds.index(kind) + kinds.count(kind)) for kind in dict.fromkeys(kinds)
        }

    @cached_property
    def beginnings(self) -> dict[tuple[str, int], list[str]]:
        """A cache of the words' distinct beginnings, by first letter and length; see `correcting.py`."""
        return {}

    def encoded(self) -> bytes:
        """Return the value to store."""
        described = {
            "format": FORMAT,
            "named": self.named,
            "unprompted": self.unprompted,
        }
        arrays = {
            "description": np.frombuffer(msgspec.json.encode(described), dtype=np.uint8),
            "words": np.frombuffer("\n".join(self.words).encode(), dtype=np.uint8),
            "frequencies": self.frequencies,
            "phrase_words": self.phrase_words,
            "phrase_counts": self.phrase_counts,
        }
        for name in _LISTS:
            arrays |= getattr(self, name).arrays(name)
        target = io.BytesIO()
        np.savez_compressed(target, **arrays)  # type: ignore[arg-type] # the stub takes them for options
        return target.getvalue()

    @classmethod
    def decoded(cls, stored: bytes) -> Self | None:
        """Return the dictionary that `encoded` returned; None if it is damaged or has another format."""
        try:
            with np.load(io.BytesIO(stored), allow_pickle=False) as arrays:
                return cls._of(arrays)
        except (ValueError, KeyError, EOFError, BadZipFile, zlib.error, msgspec.MsgspecError):
            return None

    @classmethod
    def _of(cls, arrays: Arrays) -> Self | None:
        described = msgspec.json.decode(arrays["description"].tobytes(), type=_Description)
        if described.format != FORMAT:
            return None
        return cls(
            words=_split(arrays["words"].tobytes().decode()),
            frequencies=arrays["frequencies"],  # type: ignore[arg-type]
            phrase_words=arrays["phrase_words"],  # type: ignore[arg-type]
            phrase_counts=arrays["phrase_counts"],  # type: ignore[arg-type]
            named=described.named,
            unprompted=described.unprompted,
            **{name: Lists.stored(arrays, name) for name in _LISTS},
        )


_LISTS = ("titles", "products", "phrases", "phrases_first", "named_entries")


class _Description(msgspec.Struct):
    format: int
    named: tuple[Named, ...] = ()
    unprompted: tuple[Named, ...] = ()


def _split(text: str) -> list[str]:
    return text.split("\n") if text else []
