"""What a query rule does to a search."""

from dataclasses import dataclass

from indexing.filters import Filters
from indexing.rules.words import Phrase


@dataclass(frozen=True, slots=True)
class Pin:
    """Show a product at a position, counted from 1, if it is listed and passes the filters."""

    product_id: int
    position: int


@dataclass(frozen=True, slots=True)
class Hide:
    """Don't find a product."""

    product_id: int


@dataclass(frozen=True, slots=True)
class Boost:
    """Multiply the scores of the products that pass `filters`; a factor below 1 demotes them."""

    filters: Filters
    factor: float


@dataclass(frozen=True, slots=True)
class Restrict:
    """Find only products that pass `filters`. Facets don't show them as selected."""

    filters: Filters


@dataclass(frozen=True, slots=True)
class Redirect:
    """Tell the client to show another page."""

    url: str


@dataclass(frozen=True, slots=True)
class ReplaceWords:
    """Replace words of the query by others; without others, remove them."""

    words: Phrase
    by: str = ""


@dataclass(frozen=True, slots=True)
class ReplaceQuery:
    """Search for another text."""

    text: str


Action = Pin | Hide | Boost | Restrict | Redirect | ReplaceWords | ReplaceQuery
