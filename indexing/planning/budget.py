"""Limits to the work of one search, whatever is typed.

The cost of a search grows with its needs, and with the alternatives of each. Queries of more than a few
words are pasted titles, lists of words, or attacks: the words that say most decide what they find, and the
others only how it is ranked.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from indexing.analysis import Token, TokenKind
from indexing.planning.plan import CODE_SCORES, Alternative, Need

MAX_NEEDS = 6
"""Needs that decide what is found: those that the fewest products satisfy, and those of codes."""
MAX_RESPELT = 8
"""Words, or pairs of words, whose neighbours are looked up: the rarest."""
FEW_WORDS = 4
"""Words of a query up to which each has several corrections, and may be misspelt and lack a space at once."""
MAX_CODES = 4
"""Tokens that may be the beginning of a code: the longest."""

Products = Callable[[Alternative], int]


def most_telling(needs: Sequence[Need], *, products: Products) -> tuple[tuple[Need, ...], tuple[Need, ...]]:
    """Return up to MAX_NEEDS of the needs, and the others with their best alternative alone, both in order.

    `products` estimates how many products an alternative has. Words that no product has say nothing, so they
    are the first to be left out; codes aren't counted by it, so they are the last.
    """

    def rank(place: int) -> tuple[bool, bool, int, int]:
        alternatives = needs[place].alternatives
        is_code = any(each.kind in CODE_SCORES for each in alternatives)
        found = sum(map(products, alternatives))
        return not is_code, not found, found, place

    if len(needs) <= MAX_NEEDS:
        return tuple(needs), ()
    kept = frozenset(sorted(range(len(needs)), key=rank)[:MAX_NEEDS])
    others = (
        replace(need, alternatives=need.alternatives[:1])
        for place, need in enumerate(needs)
        if place not in kept
    )
    return tuple(need for place, need in enumerate(needs) if place in kept), tuple(others)


def rarest(places: Sequence[int], frequency: Callable[[int], int]) -> Sequence[int]:
    """Return up to MAX_RESPELT of the places, those with the rarest words, in order."""
    if len(places) <= MAX_RESPELT:
        return places
    return sorted(sorted(places, key=frequency)[:MAX_RESPELT])


def codes_begun(tokens: Sequence[Token]) -> frozenset[Token]:
    """Return the tokens that may be the beginning of a code."""
    codes = [token for token in tokens if token.kind is TokenKind.CODE]
    return frozenset(sorted(codes, key=lambda token: -len(token.form))[:MAX_CODES])
