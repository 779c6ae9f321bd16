"""What was typed, or a correction of it, in the numbers of the dictionary's words."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from indexing.suggestions.arrays import Ids, Lists
from indexing.suggestions.dictionary import SuggestionDictionary
from indexing.suggestions.typed import Typed


@dataclass(frozen=True, slots=True)
class Reading:
    """Complete words, and the range of words that the last one may become."""

    dictionary: SuggestionDictionary
    typed: Typed
    full: tuple[int, ...]
    """The numbers of the complete words."""
    first: int
    end: int
    """The words from `first` to before `end` begin with what was typed last; all words after a space."""

    @classmethod
    def of(cls, typed: Typed, dictionary: SuggestionDictionary) -> Self | None:
        """Return the reading; None if the dictionary doesn't have these words."""
        numbers = tuple(number for word in typed.full if (number := dictionary.number(word)) is not None)
        first, end = dictionary.with_prefix(typed.last)
        if len(numbers) < len(typed.full) or first == end:
            return None
        return cls(dictionary, typed, numbers, first, end)

    def matching(self, lists: Lists) -> Ids:
        """Return the entries with all complete words and a word of the range; an entry may occur twice."""
        if not self.full:
            return lists.between(self.first, self.end)
        found = _common(lists, self.full)
        if not (self.typed.last and len(found)):
            return found
        return found[np.isin(found, lists.between(self.first, self.end))]

    def titles(self, *, most: int) -> Ids:
        """Return up to `most` titles with all complete words, those of best sellers first."""
        return _common(self.dictionary.products, self.full)[:most]

    def begins(self, places: Ids) -> Ids:
        """Return those of these phrases that begin as typed."""
        columns = self.dictionary.phrase_words[places]
        known = len(self.full)
        if known >= columns.shape[1]:
            return places[:0]
        begun = (columns[:, :known] == np.asarray(self.full) + 1).all(axis=1)
        if self.typed.last:
            begun &= (columns[:, known] > self.first) & (columns[:, known] <= self.end)
        found: Ids = places[begun]
        return found


def _common(lists: Lists, numbers: tuple[int, ...]) -> Ids:
    """Return the entries in the lists of all these words."""
    # From the shortest list: most often nothing is left before the long ones.
    found, *others = sorted((lists.between(each, each + 1) for each in dict.fromkeys(numbers)), key=len)
    for other in others:
        if not len(found):
            break
        found = found[np.isin(found, other, assume_unique=True)]
    return found
