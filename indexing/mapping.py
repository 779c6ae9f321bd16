"""The values that both engines index for a product document.

Text is normalised here (see indexing.text). Engines receive words joined by spaces and only stem them, both
with the Snowball English stemmer ("porter2"). Tokens are exact values. Some contain a label after a
separator, so that a facet's buckets need no look-up.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from indexing.document import ProductDocument
from indexing.text import pairs, phrases, plain, words

SEPARATOR = "\x1f"
"""Separates the parts of a token: a control character, which is removed from the parts themselves."""

MAX_TOKEN_PART = 1_000
"""Characters; engines refuse a document with a longer value than they support."""
MAX_DESCRIPTION_WORDS = 400
"""The beginning describes the product; sellers' terms and shipping tables are at the end."""

POPULARITY_CEILING = 10_000
"""Units sold at which popularity is capped; otherwise best sellers would lead unrelated queries."""
POPULARITY_PRIOR = 0.15
"""The most that popularity adds to the score factor: enough to decide between nearly equal matches."""
IN_STOCK_BONUS = 0.25
"""Added to the score factor of products in stock, so that sold-out products rank below them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedText:
    """The analysed fields: words joined by spaces."""

    title: str
    brand: str
    categories: str
    attributes: str
    description: str

    @property
    def vocabulary(self) -> str:
        """The vocabulary for spelling corrections: all words except those of the description."""
        return " ".join((self.title, self.brand, self.categories, self.attributes))


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedProduct:
    """A product document with the values of its index fields."""

    document: ProductDocument
    text: IndexedText
    words: tuple[str, ...]
    """The distinct words of the vocabulary."""
    pairs: tuple[str, ...]
    """The distinct pairs of adjacent words of the title."""
    phrases: tuple[str, ...]
    brand: str
    """The brand for filters, without case."""
    brand_token: str
    """`brand` and the brand as written, for facets; empty without a brand."""
    category_keys: tuple[str, ...]
    """Name, slug and path of each category up to the root, without case, for filters."""
    category_tokens: tuple[str, ...]
    """Path and slug of each category up to the root, for facets."""
    category_names: tuple[str, ...]
    """Normalised name, name and slug of each category, for suggestions."""
    boost: float


def normalised(text: str) -> str:
    """Return the words of `text` joined by spaces."""
    return " ".join(words(text))


def token(*parts: str) -> str:
    """Return the parts joined to one exact value."""
    return SEPARATOR.join(map(_part, parts))


def category_token(*, path: str, slug: str) -> str:
    """Return the exact value of a category."""
    return token(path, slug)


def _part(text: str) -> str:
    """Return `text` without separators, truncated to MAX_TOKEN_PART characters."""
    return text.replace(SEPARATOR, " ") if len(text) <= MAX_TOKEN_PART else _part(text[:MAX_TOKEN_PART])


def parts_of(value: str) -> list[str]:
    """Return the parts that `token` joined."""
    return value.split(SEPARATOR)


def key(text: str) -> str:
    """Return `text` as exact filters compare it: without case, and without surrounding or repeated spaces."""
    return " ".join(text.casefold().split())


def attribute_tokens(attributes: Iterable[tuple[str, str]]) -> list[str]:
    """Return a token for each name and value."""
    return [token(name, value) for name, value in attributes]


def score_factor(*, popularity: int, in_stock: bool) -> float:
    """Return the factor of a text score: 1 for a sold-out product that was never bought."""
    share = math.log1p(min(popularity, POPULARITY_CEILING)) / math.log1p(POPULARITY_CEILING)
    return 1.0 + POPULARITY_PRIOR * share + (IN_STOCK_BONUS if in_stock else 0.0)


def flatten(document: ProductDocument) -> IndexedProduct:
    """Return the values that engines index for `document`."""
    categories = document.categories
    text = _text(document)
    return IndexedProduct(
        document=document,
        text=text,
        words=tuple(dict.fromkeys(text.vocabulary.split())),
        pairs=tuple(dict.fromkeys(pairs(plain(document.title)))),
        phrases=tuple(dict.fromkeys(phrases(plain(document.title)))),
        brand=key(document.brand),
        brand_token=token(normalised(document.brand), document.brand) if document.brand else "",
        category_keys=tuple(
            dict.fromkeys(key(value) for each in categories for value in (each.name, each.slug, each.path))
        ),
        category_tokens=tuple(category_token(path=each.path, slug=each.slug) for each in categories),
        category_names=tuple(token(normalised(each.name), each.name, each.slug) for each in categories),
        boost=score_factor(popularity=document.popularity, in_stock=document.in_stock),
    )


def _text(document: ProductDocument) -> IndexedText:
    values = [*document.attributes.values()]
    for variant in document.variants:
        values.extend(variant.attributes.values())
    return IndexedText(
        title=normalised(plain(document.title)),
        brand=normalised(document.brand),
        categories=normalised(" ".join(each.name for each in document.categories)),
        attributes=normalised(" ".join(dict.fromkeys(values))),
        description=" ".join(words(plain(document.description))[:MAX_DESCRIPTION_WORDS]),
    )
