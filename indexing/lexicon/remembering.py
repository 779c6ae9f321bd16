"""What follows from a lexicon, remembered as long as the lexicon is used."""

from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from indexing.lexicon.lexicon import Lexicon

K = TypeVar("K")
V = TypeVar("V")


class PerLexicon(Generic[K, V]):
    """Values by lexicon and key.

    A generation without a lexicon has none, because what follows from no products doesn't last.
    """

    def __init__(self, most: int) -> None:
        """Remember at most so many values of one lexicon; all are forgotten for the next one."""
        self._most = most
        self._values: WeakKeyDictionary[Lexicon, dict[K, V]] = WeakKeyDictionary()

    def get(self, lexicon: Lexicon, key: K) -> V | None:
        """Return the value; None if there is none."""
        values = self._values.get(lexicon)
        return None if values is None else values.get(key)

    def keep(self, lexicon: Lexicon, key: K, value: V) -> None:
        """Remember a value, unless the lexicon is empty."""
        if not lexicon.products:
            return
        values = self._values.setdefault(lexicon, {})
        if len(values) >= self._most:
            values.clear()
        values[key] = value
