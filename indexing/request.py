"""A search request: words, filters, order and page."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

from indexing import fields
from indexing.facets import ALL_FACETS, WantedFacets
from indexing.filters import NO_FILTERS, Filters
from indexing.ranking import DEFAULT_RANKING, RankingOptions
from indexing.rules.actions import Boost, Pin
from indexing.rules.arrangement import Arrangement
from indexing.rules.synonyms import NO_SYNONYMS, Synonyms

MAX_QUERY_LENGTH = 200
"""Characters. The cost of a query grows with the square of its words."""
MAX_DEPTH = 10_000
"""Hits that can be paged through: Elasticsearch's default limit for `from` and `size`."""
MAX_ATTRIBUTE_FILTERS = 4
"""Attributes in one request; tantivy's indexes before version 3 have the combinations of this many."""


class Sort(StrEnum):
    """How hits are ordered; ties are broken by product id, so that pages never overlap."""

    RELEVANCE = "relevance"
    PRICE_LOW = "price_low"
    PRICE_HIGH = "price_high"
    POPULARITY = "popularity"
    RATING = "rating"
    NEWEST = "newest"


ORDERS: Mapping[Sort, tuple[str, ...]] = {
    Sort.PRICE_LOW: (fields.PRICE, "id"),
    Sort.PRICE_HIGH: (f"-{fields.PRICE}", "id"),
    Sort.POPULARITY: (f"-{fields.POPULARITY}", "id"),
    Sort.RATING: (f"-{fields.RATING_SCORE}", f"-{fields.RATING_COUNT}", "id"),
    Sort.NEWEST: (f"-{fields.CREATED_AT}", "-id"),
    # Without a query there is no relevance, so the best sellers come first.
    Sort.RELEVANCE: (f"-{fields.POPULARITY}", f"-{fields.CREATED_AT}", "id"),
}
"""The properties to sort by if there is no score; a minus means descending."""
_BY_AVERAGE = (f"-{fields.RATING}", f"-{fields.RATING_COUNT}", "id")


def order_of_properties(sort: Sort, *, has: Callable[[str], bool]) -> tuple[str, ...]:
    """Return the properties to sort by in a generation that `has` some properties; see ORDERS."""
    if sort is Sort.RATING and not has(fields.RATING_SCORE):
        return _BY_AVERAGE
    return ORDERS[sort]


BY_PRICE = frozenset((Sort.PRICE_LOW, Sort.PRICE_HIGH))


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchRequest:
    """A search; an empty text browses the catalogue, best sellers first."""

    text: str = ""
    filters: Filters = NO_FILTERS
    sort: Sort = Sort.RELEVANCE
    page: int = 1
    page_size: int = 20
    facets: WantedFacets = ALL_FACETS
    currency: str = ""
    """The shop's currency, to which prices refer if products have several and `filters` names none."""
    ranking: RankingOptions = DEFAULT_RANKING
    restrictions: tuple[Filters, ...] = ()
    """Further filters that all products must pass; facets neither count the others nor show a selection."""
    pinned: tuple[Pin, ...] = ()
    """Products with a place in the list if they pass the filters, whether they match the text or not."""
    hidden: tuple[int, ...] = ()
    """Products that are neither found nor counted."""
    boosts: tuple[Boost, ...] = ()
    """Factors of the scores; without effect in other orders and without a text."""
    synonyms: Synonyms = NO_SYNONYMS
    is_typed: bool = False
    """Whether the text is searched while it is typed, so that its last word may be the beginning of one."""
    collapse: str = ""
    """`grouping.BRAND` or an attribute, to show only the first product of each value; empty for none."""
    literal: bool = False
    """Whether every word is searched as it stands: no prices, exclusions and quotes are understood."""

    def __post_init__(self) -> None:
        """Raise ValueError for an impossible request; the HTTP layer has validated it before."""
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
        """The number of hits before this page."""
        return (self.page - 1) * self.page_size

    @property
    def arrangement(self) -> Arrangement:
        """The page with its pinned products; other orders than by relevance have none."""
        pinned = self.pinned if self.sort is Sort.RELEVANCE else ()
        return Arrangement(pinned, offset=self.offset, page_size=self.page_size)

    def unread_limits(self) -> list[str]:
        """Return `Filters.unread_limits` of the search and of its rules."""
        all_filters = (self.filters, *self.restrictions, *(each.filters for each in self.boosts))
        return list(dict.fromkeys(name for filters in all_filters for name in filters.unread_limits()))

    def with_values(self, keys_of: Callable[[str], Iterable[str]], *, decimal_comma: bool) -> Self:
        """Return the request with the values within the limits of attributes (see `Filters.with_values`)."""

        def read(filters: Filters) -> Filters:
            return filters.with_values(keys_of, decimal_comma=decimal_comma)

        return replace(self, filters=read(self.filters)).with_rule_filters(read)

    def with_rule_filters(self, change: Callable[[Filters], Filters]) -> Self:
        """Return the request with the filters of its rules changed by `change`."""
        return replace(
            self,
            restrictions=tuple(map(change, self.restrictions)),
            boosts=tuple(replace(each, filters=change(each.filters)) for each in self.boosts),
        )

    @property
    def compares_prices(self) -> bool:
        """Whether the hits or their order depend on prices, which only one currency can have."""
        limits = self.filters.min_price, self.filters.max_price
        return self.sort in BY_PRICE or limits != (None, None)

    @property
    def is_unrestricted(self) -> bool:
        """Whether all products match, apart from the filters."""
        return not (self.text.strip() or self.restrictions or self.hidden)

    @property
    def relax_below(self) -> int:
        """The number of products below which those that satisfy fewer needs are included.

        In any order except by relevance, weaker matches would be mixed with the good ones, so they are
        included only if there are no good ones.
        """
        return self.ranking.relax_below if self.sort is Sort.RELEVANCE else 1
