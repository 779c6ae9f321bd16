"""The answers of a search engine: pages of hits, and suggestions."""

from dataclasses import dataclass
from enum import StrEnum

from indexing.document import ProductDocument
from indexing.facets import Facets


@dataclass(frozen=True, slots=True)
class Hit:
    """A product of a page; scores are comparable within one page, and 0 where nothing was scored."""

    product: ProductDocument
    score: float


class Matched(StrEnum):
    """How many words of the query each hit holds; fewer than all only where too few products hold all."""

    ALL = "all"
    MOST = "most"
    ANY = "any"


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchPage:
    """One page of hits, the number of all hits, and how the query was understood."""

    generation: str
    """The generation that was searched."""
    hits: tuple[Hit, ...]
    count: int
    facets: Facets | None = None
    corrected_text: str | None = None
    """The query with its misspelt words replaced; None if it was searched for as it is."""
    matched: Matched = Matched.ALL


class SuggestionKind(StrEnum):
    """What a suggestion leads to."""

    PHRASE = "phrase"
    BRAND = "brand"
    CATEGORY = "category"


@dataclass(frozen=True, slots=True)
class SearchSuggestion:
    """A completion of what a shopper has typed so far."""

    kind: SuggestionKind
    text: str
    count: int
    """The number of products."""
    slug: str = ""
    """The slug of a category; empty for the other kinds."""
