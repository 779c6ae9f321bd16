"""The languages that a shop's texts can be in."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import Stemmer

from indexing.analysis.folding import folded

DEFAULT_LANGUAGE = "english"

_STOP_WORDS = Path(__file__).parent / "stop_words"
_OTHER_ALGORITHMS = frozenset({"porter", "dutch_porter"})
"""Older stemmers of languages that have a newer one."""

WITHOUT_STEMMER = ("chinese", "japanese", "korean", "other")
"""Languages whose words are found in the form in which they are written."""

_DECIMAL_COMMA = frozenset(
    "armenian basque catalan czech danish dutch estonian finnish french german greek hungarian indonesian "  # noqa: SIM905
    "italian lithuanian norwegian polish portuguese romanian russian serbian spanish swedish turkish".split()
)
_ELISIONS = {
    "french": "l d j m n s t c qu jusqu lorsqu puisqu quoiqu",
    "italian": "l d un dell nell all dall sull coll c m t s v quest",
    "catalan": "l d m n s t",
}
"""What an apostrophe separates from the following word."""


@dataclass(frozen=True)
class Language:
    """How words of one language are written and inflected."""

    name: str
    stemmed: bool
    decimal_comma: bool = False
    turkic: bool = False
    """Whether the capital of ı is I."""
    elisions: frozenset[str] = frozenset()
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    @cached_property
    def stop_words(self) -> frozenset[str]:
        """The forms of words that queries are searched without, because they don't change the meaning."""
        path = _STOP_WORDS / f"{self.name}.txt"
        listed = path.read_text(encoding="utf-8").split() if path.exists() else ()
        return frozenset(map(folded, listed))

    @cached_property
    def _stemmer(self) -> Stemmer.Stemmer:
        return Stemmer.Stemmer(self.name)

    def stem(self, word: str) -> str:
        """Return the stem of a word in lower case."""
        if not self.stemmed:
            return word
        with self._lock:  # A stemmer is not thread-safe.
            stem: str = self._stemmer.stemWord(word)
        return stem or word


def _described(name: str) -> Language:
    return Language(
        name,
        stemmed=name not in WITHOUT_STEMMER,
        decimal_comma=name in _DECIMAL_COMMA,
        turkic=name == "turkish",
        elisions=frozenset(_ELISIONS.get(name, "").split()),
    )


LANGUAGES: Mapping[str, Language] = {
    name: _described(name) for name in sorted({*Stemmer.algorithms(), *WITHOUT_STEMMER} - _OTHER_ALGORITHMS)
}
"""The languages by name: those that Snowball has a stemmer for, and some without."""
