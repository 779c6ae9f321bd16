"""Read a query: what is searched by its words, and what was understood of the rest."""

from collections.abc import Sequence

from indexing.text import words
from indexing.understanding.exclusions import find_exclusions
from indexing.understanding.pieces import Piece, pieces
from indexing.understanding.prices import NO_PRICE, find_price
from indexing.understanding.qualifiers import optional_pieces
from indexing.understanding.values import Forms, Reading, Understood, WordEvidence
from indexing.understanding.wording import Wording

MAX_EXCLUDED = 8
MAX_PHRASES = 4
"""Exclusions and quoted phrases that count, the first ones: each is a search of its own in several fields."""


def read(text: str, *, wording: Wording, evidence: WordEvidence, forms: Forms = words) -> Reading:
    """Return how to search for `text`.

    If nothing but exclusions would be left, the query is searched as it was written. A price alone is enough:
    "under 500" lists products by their price.
    """
    found = [*pieces(text)]
    price = find_price(found, wording=wording, evidence=evidence)
    kept = _without(found, range(price.start, price.end)) if price else found
    exclusions = find_exclusions(kept, wording=wording, evidence=evidence, forms=forms)
    excluded_places = {place for each in exclusions for place in range(each.start, each.end)}
    rest = _without(kept, excluded_places)
    optional = optional_pieces(rest, wording=wording, evidence=evidence, forms=forms)
    searched = _without(rest, optional)
    if not any(forms(each.text) for each in searched) and (exclusions or not price):
        return Reading(text)
    limits = price or NO_PRICE
    understood = Understood(
        min_price=limits.lowest,
        max_price=limits.highest,
        currency=limits.currency,
        excluded=tuple(each for one in exclusions for each in one.excluded)[:MAX_EXCLUDED],
        phrases=tuple(each.phrase for each in searched if each.phrase)[:MAX_PHRASES],
        optional=tuple(rest[place].written for place in optional),
    )
    left_out = [each.written for each in found if each not in searched]
    return Reading(" ".join(each.text for each in searched), understood, " ".join(left_out))


def _without(found: Sequence[Piece], places: Sequence[int] | range | set[int]) -> list[Piece]:
    return [each for place, each in enumerate(found) if place not in places]
