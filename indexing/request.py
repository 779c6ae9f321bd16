"""What a shopper asks of a search engine."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

MAX_QUERY_LENGTH = 200
"""Characters. Longer texts are no search, and their cost grows with the square of their words."""
MAX_DEPTH = 10_000
"""How many hits can be paged through; Elasticsearch refuses more, and nobody reads that far."""
MAX_ATTRIBUTE_FILTERS = 4
"""Attributes in one request; tantivy indexes the combinations of this many for every variant."""


class Sort(StrEnum):
    """How hits are ordered; equal ones follow by product id, so that pages never overlap."""

    RELEVANCE = "relevance"
    PRICE_LOW = "price_low"
    PRICE_HIGH = "price_high"
    POPULARITY = "popularity"
    RATING = "rating"
    NEWEST = "newest"


@dataclass(frozen=True, kw_only=True, slots=True)
class Filters:
    """What a hit must be. Values of one filter are alternatives; filters narrow each other."""

    category: str | None = None
    """A category's name, slug or path; its descendants count as it."""
    brands: tuple[str, ...] = ()
    seller_id: int | None = None
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    min_rating: float | None = None
    in_stock: bool | None = None
    flash_sale: bool | None = None
    best_seller_product: bool | None = None
    featured_product: bool | None = None
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """One variant must satisfy all of them, and be available if `in_stock` is asked for."""


NO_FILTERS = Filters()


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchRequest:
    """What a shopper asks; an empty text browses the catalogue, most popular first."""

    text: str = ""
    filters: Filters = NO_FILTERS
    sort: Sort = Sort.RELEVANCE
    page: int = 1
    page_size: int = 20
    facets: bool = True

    def __post_init__(self) -> None:
        """Refuse what no engine could answer; the edge has told the shopper long before."""
        if len(self.text) > MAX_QUERY_LENGTH:
            raise ValueError(f"a query has at most {MAX_QUERY_LENGTH} characters")
        if self.page < 1 or self.page_size < 1:
            raise ValueError("pages are counted from 1 and hold at least one hit")
        if self.page * self.page_size > MAX_DEPTH:
            raise ValueError(f"only the first {MAX_DEPTH} hits can be paged through")
        if len(self.filters.attributes) > MAX_ATTRIBUTE_FILTERS:
            raise ValueError(f"at most {MAX_ATTRIBUTE_FILTERS} attributes can be filtered by")

    @property
    def offset(self) -> int:
        """Hits before this page."""
        return (self.page - 1) * self.page_size
