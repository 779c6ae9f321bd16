"""The words of queries and rules as rules compare them."""

from collections.abc import Sequence

from indexing.analysis import DEFAULT_LANGUAGE, Analysis, Token, TokenKind, analysis_for

Phrase = tuple[str, ...]
"""Adjacent words without case and accents, but not stemmed; quantities in their base unit."""

DEFAULT_ANALYSIS = analysis_for(DEFAULT_LANGUAGE)


def phrase(text: str, analysis: Analysis = DEFAULT_ANALYSIS) -> Phrase:
    """Return the words of `text` as they are compared."""
    return tuple(map(compared, analysis.tokens(text)))


def compared(token: Token) -> str:
    """Return what is compared of a token."""
    return token.stem if token.kind is TokenKind.QUANTITY else token.form


def positions(wanted: Phrase, words: Sequence[str]) -> list[int]:
    """Return where `wanted` begins in `words`; occurrences don't overlap."""
    found: list[int] = []
    place = 0
    while wanted and place <= len(words) - len(wanted):
        if tuple(words[place : place + len(wanted)]) == wanted:
            found.append(place)
            place += len(wanted)
        else:
            place += 1
    return found
