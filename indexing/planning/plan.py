"""The plan of a search: needs, and alternatives that satisfy each need."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from indexing.page import Matched

FIELD_BOOSTS: Mapping[str, float] = {
    "title": 3.0,  # names the product
    "brand": 2.0,  # often in the title too, and then intentionally counts twice
    "categories": 1.5,  # for "lamp", lamps rank before lampshade paint
    "attributes": 1.0,  # colours and materials, which many products share
    "description": 0.5,  # also mentions what the product is not
}
MOST = 0.6
"""The share of a query's needs that "most" requires."""

Term = tuple[str, ...]
"""One word, or several adjacent ones, in exact form."""


class AlternativeKind(StrEnum):
    """Why a term satisfies a need."""

    LITERAL = "literal"
    JOINED = "joined"
    """ "macbook" for "mac book"."""
    SPLIT = "split"
    """ "t shirt" for "tshirt"."""
    CORRECTED = "corrected"
    SYNONYM = "synonym"
    PREFIX = "prefix"
    """ "samsung" for "samsu", while it is typed."""
    CODE = "code"
    """A whole SKU, barcode or model number."""
    CODE_PREFIX = "code prefix"
    """The beginning of a code, or of one of its parts."""


REPLACED = frozenset({AlternativeKind.CORRECTED, AlternativeKind.JOINED, AlternativeKind.SPLIT})
"""What the corrected text has instead of what was typed, if it is a need's best alternative."""

CODE_SCORES: Mapping[AlternativeKind, float] = {
    AlternativeKind.CODE: 1_000.0,
    AlternativeKind.CODE_PREFIX: 300.0,
}
"""Constant scores, so that products with a code rank before those with words."""
PART_SCORE = 200.0
"""Of a product of which a part of a code begins like the query."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """One term that satisfies a need."""

    term: Term
    weight: float = 1.0
    kind: AlternativeKind = AlternativeKind.LITERAL


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that the query asks for, and the alternatives that satisfy it, best first."""

    positions: tuple[int, ...]
    """The numbers of the query's words that it stands for, counted from 0 without stop words."""
    alternatives: tuple[Alternative, ...]


@dataclass(frozen=True, slots=True)
class Excluded:
    """What hits must not have outside their descriptions, unless the title says that they lack it."""

    needs: tuple[Need, ...]
    """A product that satisfies all of them is left out."""
    unless: tuple[Term, ...] = ()
    """Phrases of titles such as "without lid"."""


EXCLUDED_FIELDS = tuple(field for field in FIELD_BOOSTS if field != "description")


@dataclass(frozen=True, slots=True)
class Plan:
    """The needs of a query, and its corrected text if a word was corrected."""

    needs: tuple[Need, ...]
    corrected_text: str | None = None
    only_codes: bool = False
    """Whether the query has codes and nothing else, so that only products with them are meant."""
    rarest: float = field(default=math.inf, compare=False)
    """The estimated number of products that satisfy the need that the fewest satisfy."""
    phrases: tuple[Term, ...] = ()
    """Words that every hit has side by side in one field."""
    excluded: tuple[Excluded, ...] = ()
    beginning: str = ""
    """What was typed of the last word, if that may be the beginning of one."""
    optional: tuple[Need, ...] = ()
    """Further needs of a long query: they raise the scores of products, but no product must satisfy them."""

    @property
    def has_typed_words(self) -> bool:
        """Whether products may have every word as it was typed: none was replaced that no product has."""
        return all(
            any(each.kind not in REPLACED for each in need.alternatives)
            for need in self.needs
            if need.alternatives[0].kind in REPLACED
        )

    @property
    def words(self) -> tuple[str, ...]:
        """The likeliest words in order, for phrase matching."""
        return tuple(dict.fromkeys(word for need in self.needs for word in need.alternatives[0].term))

    def levels(self) -> tuple[tuple[Matched, int], ...]:
        """Return how many needs a hit must satisfy, from all of them downwards."""
        count = len(self.needs)
        most = max(1, math.ceil(count * MOST))
        steps = {Matched.ALL: count, Matched.MOST: most, Matched.ANY: 1}
        distinct = {required: matched for matched, required in reversed(steps.items())}
        return tuple((matched, required) for required, matched in sorted(distinct.items(), reverse=True))
