"""What a search engine answers: pages of hits, facets, suggestions."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from indexing.document import ProductDocument


@dataclass(frozen=True, slots=True)
class Hit:
    """One product of a page; `score` is comparable within this page only, 0 where nothing was scored."""

    product: ProductDocument
    score: float


@dataclass(frozen=True, slots=True)
class Bucket:
    """How many products a shopper would see after choosing this value."""

    value: str
    count: int
    selected: bool = False


@dataclass(frozen=True, slots=True)
class CategoryBucket:
    """A category, its products (descendants' included) and the categories below it."""

    slug: str
    name: str
    path: str
    count: int
    selected: bool = False
    children: tuple["CategoryBucket", ...] = ()


@dataclass(frozen=True, slots=True)
class PriceBucket:
    """Products of `minimum` ≤ price < `maximum`; None is an open end."""

    minimum: Decimal | None
    maximum: Decimal | None
    count: int


@dataclass(frozen=True, slots=True)
class RatingBucket:
    """Products rated `minimum` or better."""

    minimum: int
    count: int
    selected: bool = False


@dataclass(frozen=True, slots=True)
class AttributeFacet:
    """The values of one attribute."""

    name: str
    buckets: tuple[Bucket, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Facets:
    """Counts of products per value. A filter does not shrink its own facet."""

    categories: tuple[CategoryBucket, ...] = ()
    brands: tuple[Bucket, ...] = ()
    prices: tuple[PriceBucket, ...] = ()
    ratings: tuple[RatingBucket, ...] = ()
    in_stock: int = 0
    """Products that would be left with in_stock=true."""
    attributes: tuple[AttributeFacet, ...] = ()


class Matched(StrEnum):
    """How much of the query each hit holds: the engine relaxes it only where too little holds all."""

    ALL = "all"
    MOST = "most"
    ANY = "any"


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchPage:
    """The answer: one page of hits, how many there are, and how the query was understood."""

    hits: tuple[Hit, ...]
    count: int
    facets: Facets | None = None
    corrected_text: str | None = None
    """The query with its misspelt words replaced, if that is what was searched for."""
    matched: Matched = Matched.ALL


class SuggestionKind(StrEnum):
    """What a suggestion leads to."""

    PHRASE = "phrase"
    BRAND = "brand"
    CATEGORY = "category"


@dataclass(frozen=True, slots=True)
class SearchSuggestion:
    """One completion of what a shopper has typed so far."""

    kind: SuggestionKind
    text: str
    count: int
    """Products behind it."""
    slug: str = ""
    """Of the category; empty for the other kinds."""
