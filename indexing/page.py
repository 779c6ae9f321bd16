"""The results of a search engine: pages of hits, and suggestions."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from indexing.document import ProductDocument, VariantDocument
from indexing.facets import Facets
from indexing.grouping import Collapsed
from indexing.matches.values import Highlights
from indexing.understanding.values import NOTHING_UNDERSTOOD, Understood

if TYPE_CHECKING:
    from indexing.planning.plan import Plan


class Fusion(NamedTuple):
    """The parts of a hit's score if words and meaning rank."""

    words: float
    """The score of the words; 0 if the product was found by its meaning alone."""
    closeness: float | None
    """How close the meanings are, in deviations above the catalogue's mean; None without a vector.

    The meaning of the query has a share of the best products (see `indexing.vectors.comparing`).
    """
    weight: float
    """Of the closeness (see `indexing.ranking.fusion`)."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A product of a page; scores are comparable within one page, and 0 without a text query."""

    product: ProductDocument
    score: float
    pinned: bool = False
    """Whether a rule decided its place."""
    variant: VariantDocument | None = None
    """The variant that the filters and words mean, whose price is shown (see `indexing.matches.variants`)."""
    highlights: Highlights | None = None
    """What matched in its texts; None if no words were searched."""
    fusion: Fusion | None = None
    """None if words alone rank it."""
    collapsed: Collapsed | None = None
    """The group that it represents; None if products aren't collapsed, or if it is in no group."""

    def matched(self, variant: VariantDocument | None, highlights: Highlights | None) -> "Hit":
        """Return the hit with what matched.

        `dataclasses.replace` takes several times as long, and each page has one call for every hit.
        """
        return Hit(self.product, self.score, self.pinned, variant, highlights, self.fusion, self.collapsed)


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
    """Of hits, each of which may represent a group of products."""
    products: int | None = None
    """The number of products; None if it is `count`."""
    facets: Facets | None = None
    corrected_text: str | None = None
    """The query with its misspelt words replaced; None if nothing was corrected."""
    matched: Matched = Matched.ALL
    currency: str | None = None
    """The currency of price filters, of the price facet, and of a sort by price; None without products."""
    understood: Understood = NOTHING_UNDERSTOOD
    """The prices and words of the query that are conditions instead of searched words."""
    searched_text: str = ""
    """The part of the query that was searched by its words, as it was typed."""
    plan: "Plan | None" = None
    """What was searched for it; None if no words were searched."""


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
