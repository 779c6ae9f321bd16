"""A search in the values of one facet, for lists that are too long to show."""

import re
from dataclasses import dataclass

from indexing.mapping import key

WORD_STARTS = " -/,.(&+'"
"""Characters after which a word begins."""

_starts = re.compile(f"[{re.escape(WORD_STARTS)}]")


@dataclass(frozen=True, kw_only=True, slots=True)
class FacetSearch:
    """The values of a facet that a shopper looks for; the request's other filters apply."""

    attribute: str = ""
    """The name of an attribute; empty for brands."""
    text: str = ""
    """Each of its words must begin a word of the value; an empty text finds all values."""
    limit: int = 20

    @property
    def words(self) -> list[str]:
        """The words, without case, the longest first."""
        return sorted(key(self.text).split(), key=len, reverse=True)

    def finds(self, value: str) -> bool:
        """Return whether the words begin words of `value`."""
        folded = key(value)
        begins = [folded, *(folded[found.end() :] for found in _starts.finditer(folded))]
        return all(any(part.startswith(word) for part in begins) for word in self.words)
