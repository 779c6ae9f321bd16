"""Propose synonyms from queries that mean the same.

"Grey sofa" and "grey couch" differ in one span, so "sofa" and "couch" are proposed. Words that only differ in
their endings or in their spelling are left to stemming and to corrections.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from indexing.analysis import Analysis, Token, TokenKind
from indexing.rules.words import DEFAULT_ANALYSIS

MAX_WORDS = 3
"""Words of a phrase; longer differences are hardly ever synonyms."""
SPELLING_EDITS = 2


@dataclass(frozen=True, slots=True)
class ProposedSynonyms:
    """Two phrases, and the queries from which they are proposed."""

    phrases: tuple[str, str]
    queries: tuple[str, str]


def proposed(
    pairs: Iterable[tuple[str, str]], *, analysis: Analysis = DEFAULT_ANALYSIS
) -> list[ProposedSynonyms]:
    """Return a proposal for each two phrases that the pairs of queries suggest, the first pair first."""
    found: dict[frozenset[str], ProposedSynonyms] = {}
    for queries in pairs:
        phrases = difference(*queries, analysis=analysis)
        if phrases is not None:
            found.setdefault(frozenset(phrases), ProposedSynonyms(phrases, queries))
    return list(found.values())


def difference(first: str, second: str, *, analysis: Analysis = DEFAULT_ANALYSIS) -> tuple[str, str] | None:
    """Return the phrases in which two queries differ; None if these are hardly synonyms."""
    left, right = list(analysis.query_tokens(first)), list(analysis.query_tokens(second))
    while left and right and left[0].stem == right[0].stem:
        left, right = left[1:], right[1:]
    while left and right and left[-1].stem == right[-1].stem:
        left, right = left[:-1], right[:-1]
    if not (0 < len(left) <= MAX_WORDS and 0 < len(right) <= MAX_WORDS):
        return None
    tokens = [*left, *right]
    if any(
        token.kind is not TokenKind.WORD or token.form in analysis.language.stop_words for token in tokens
    ):
        return None
    if {token.stem for token in left} & {token.stem for token in right} or _is_respelt(left, right):
        return None
    return _written(left), _written(right)


def _is_respelt(left: list[Token], right: list[Token]) -> bool:
    """Return whether the phrases differ in their spelling only, or in where words are separated."""
    forms = ["".join(token.form for token in tokens) for tokens in (left, right)]
    return bool(OSA.distance(*forms) <= min(SPELLING_EDITS, min(map(len, forms)) // 3))


def _written(tokens: list[Token]) -> str:
    return " ".join(token.form for token in tokens)
