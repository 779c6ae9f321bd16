"""Words that say nothing about the product: "best", "cheap", "new".

A wording lists the candidates, and the catalogue decides: a candidate is a word like any other if it names
a brand ("New Balance"), if titles tie it to the word beside it ("good day biscuits"), or if it is what the
query is about ("crop top").
"""

from collections.abc import Sequence
from itertools import pairwise

from indexing.understanding.pieces import Piece
from indexing.understanding.values import Forms, WordEvidence
from indexing.understanding.wording import Wording

TIED_SHARE = 0.1
"""Two words are tied if this share of the products with the rarer one have them side by side."""
MAX_RANK_DIGITS = 2
"""Digits of the number in "top 10 watches"."""


def optional_pieces(
    found: Sequence[Piece], *, wording: Wording, evidence: WordEvidence, forms: Forms
) -> list[int]:
    """Return the places of the pieces that needn't be searched; at least one other remains."""
    if not any(each.key in wording.qualifiers for each in found):
        return []
    words = [forms(each.text) for each in found]
    places = [
        place
        for place, piece in enumerate(found)
        if piece.key in wording.qualifiers
        and piece.phrase is None
        and not _is_head(place, found, wording)
        and not _is_tied(place, words, evidence)
    ]
    ranks = [place + 1 for place in places if _is_rank(found[place + 1])]
    optional = sorted({*places, *ranks})
    return optional if any(words[place] for place in range(len(found)) if place not in optional) else []


def _is_head(place: int, found: Sequence[Piece], wording: Wording) -> bool:
    """Return whether the piece is the last one, or the last one before "for", "with" and the like."""
    return place + 1 == len(found) or found[place + 1].key in wording.connectives


def _is_rank(piece: Piece) -> bool:
    return piece.key.isdigit() and len(piece.key) <= MAX_RANK_DIGITS


def _is_tied(place: int, words: Sequence[Sequence[str]], evidence: WordEvidence) -> bool:
    pairs = pairwise(words[max(0, place - 1) : place + 2])
    return any(_are_tied(first[-1], second[0], evidence) for first, second in pairs if first and second)


def _are_tied(first: str, second: str, evidence: WordEvidence) -> bool:
    if evidence.named((first, second)):
        return True
    rarer = min(evidence.frequency(first), evidence.frequency(second))
    return bool(rarer) and evidence.pair(first, second) >= max(1.0, TIED_SHARE * rarer)
