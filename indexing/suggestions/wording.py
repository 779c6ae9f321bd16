"""The words of titles and of what is typed, folded as the analysis of documents folds them."""

import regex

from indexing.analysis.folding import folded, lowered

_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+")


def words(text: str) -> list[str]:
    """Return the words of `text` in order, in lower case, without accents and apostrophes.

    Unlike terms, they are shown to shoppers, so that quantities and codes stay as they are written.
    """
    found: list[str] = _WORD.findall(folded(lowered(text)))
    return found
