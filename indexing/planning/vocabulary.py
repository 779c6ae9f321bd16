"""The probabilities of a shop's words, alone and beside each other."""

import math
from collections.abc import Callable, Mapping

from indexing.lexicon.lexicon import Lexicon

INFLECTION_PENALTY = 2.0
"""For a form that no product has, although products have its stem: "batteries" if all have "battery"."""
UNKNOWN_PENALTY = 4.0
UNKNOWN_LETTER_PENALTY = 2.0
"""The likelihood of a word that no product has falls with its length: the longer a word within an edit of a
known one is, the less is that an accident."""
SMALL_SHOP = 1_000
"""Products; below that number, every word that a product has is meant as it was typed."""
RARE_SHARE = 10_000
ADJACENT_SHARE = 0.5
"""How much of a word's probability comes from the word beside it."""
REVERSED = 0.5
"""How much a pair in the other order counts."""
MAX_PAIR_BONUS = 5.0

Stem = Callable[[str], str]


class Vocabulary:
    """The words of one search: those of the lexicon, and counts that the engine has added."""

    def __init__(self, lexicon: Lexicon, *, stem: Stem, counted: Mapping[str, int] | None = None) -> None:
        """Use `lexicon`; `counted` are numbers of products of forms that the lexicon does not know."""
        self.lexicon = lexicon
        self.stem = stem
        self._counted = counted or {}
        self._products = max(lexicon.products, 1)

    @property
    def rare(self) -> int:
        """The number of products up to which a known word may be a misspelling; 0 in small shops."""
        return max(2, self._products // RARE_SHARE) if self._products >= SMALL_SHOP else 0

    def frequency(self, form: str) -> int:
        """Return how many products have exactly this form."""
        return self.lexicon.frequency(form) or self._counted.get(form, 0)

    def family(self, form: str) -> int:
        """Return how many products have a form with the same stem."""
        return max(self.frequency(form), self.lexicon.stem_frequency(self.stem(form)))

    def pair(self, first: str, second: str) -> int:
        """Return in how many titles the words, or other forms of them, are adjacent in this order."""
        return self.lexicon.pair(first, second)

    def lift(self, first: str, second: str) -> float:
        """Return how many times as often the words are adjacent as independent words would share a title."""
        expected = self.family(first) * self.family(second) / self._products
        return self.pair(first, second) / expected if expected else 0.0

    def word_score(self, form: str) -> float:
        """Return the logarithm of the probability that a word of a title is this one."""
        frequency, family = self.frequency(form), self.family(form)
        known = [math.log(frequency / self._products)] if frequency else []
        if family > self.rare:
            known.append(min(0.0, math.log(family / self._products)) - INFLECTION_PENALTY)
        return max(known, default=-UNKNOWN_PENALTY - UNKNOWN_LETTER_PENALTY * len(form))

    def pair_score(self, first: str, second: str) -> float:
        """Return what the second word's logarithm gains or loses because of the first."""
        found = max(self.lift(first, second), REVERSED * self.lift(second, first))
        return min(math.log(1 - ADJACENT_SHARE + ADJACENT_SHARE * found), MAX_PAIR_BONUS)
