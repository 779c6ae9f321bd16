"""The results of a search engine: pages of hits, and suggestions."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

from indexing.document import ProductDocument, VariantDocument
from indexing.facets import Facets
from indexing.filters import Filters
from indexing.matching import matched_variant
from indexing.understanding.values import NOTHING_UNDERSTOOD, Understood


@dataclass(frozen=True, slots=True)
class Hit:
    """A product of a page; scores are comparable within one page, and 0 without a text query."""

    product: ProductDocument
    score: float
    pinned: bool = False
    """Whether a rule decided its place."""
    variant: VariantDocument | None = None
    """The variant whose price is shown, if the filters exclude others (see `matching.matched_variant`)."""

    def with_variant(self, filters: Filters) -> Self:
        """Return the hit with the variant that `filters` match."""
        variant = matched_variant(self.product, filters)
        return self if variant is None else replace(self, variant=variant)


class Matched(StrEnum):
    """How many of the query's words each hit contains; fewer than all if too few products contain all."""

    ALL = "all"
    MOST = "most"
    ANY = "any"
    SIMILAR = "similar"
    """None contain any of them; the products are of similar meaning."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchPage:
    """One page of hits, the number of all hits, and how the query was understood."""

    generation: str
    """The generation that was searched."""
    hits: tuple[Hit, ...]
    count: int
    facets: Facets | None = None
    corrected_text: str | None = None
    """The query with its misspelt words replaced; None if nothing was corrected."""
    matched: Matched = Matched.ALL
    currency: str | None = None
    """The currency of price filters, of the price facet, and of a sort by price; None without products."""
    understood: Understood = NOTHING_UNDERSTOOD
    """The prices and words of the query that are conditions instead of searched words."""


class SuggestionKind(StrEnum):
    """The kind of a suggestion."""

    RECENT = "recent"
    """One of the shopper's own last searches."""
    TRENDING = "trending"
    """A query that is searched for more often than before."""
    POPULAR = "popular"
    """A query that led to something most often."""
    QUERY = "query"
    """A query of other shoppers that led to something, and that completes what was typed."""
    PHRASE = "phrase"
    """Words of several titles."""
    BRAND = "brand"
    CATEGORY = "category"


@dataclass(frozen=True, slots=True)
class SearchSuggestion:
    """A completion of what a shopper has typed so far."""

    kind: SuggestionKind
    text: str
    count: int
    """The number of products; of queries, the number of shoppers for whom they led to something."""
    slug: str = ""
    """The slug of a category; empty for the other kinds."""
