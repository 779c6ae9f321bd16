"""One product document, flattened into what both engines index, and how each part is analysed.

Text is normalised here (see indexing.text), so that an engine gets words joined by blanks and only stems them
(both with the Snowball English stemmer, "porter2"). Tokens are exact values; some carry a label behind a
separator, so that a facet's buckets need no look-up.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from indexing.document import ProductDocument
from indexing.text import phrases, plain, words

SEPARATOR = "\x1f"
"""Between the parts of a token: no title, brand or attribute holds this control character."""

MAX_TOKEN_PART = 1_000
"""Characters; no name or value that anybody would choose is longer."""
MAX_DESCRIPTION_WORDS = 400
"""What a shopper looks for is said early; sellers' terms and shipping tables come after."""

POPULARITY_CEILING = 10_000
"""Where more popularity stops to count: without an end, one bestseller would top unrelated queries."""
POPULARITY_PRIOR = 0.15
"""The most that popularity adds to a score: it decides between about equally good matches, no more."""
IN_STOCK_BONUS = 0.25
"""What being in stock adds to it: what nobody can buy stays findable, below what can be bought."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedText:
    """The analysed fields: words joined by blanks."""

    title: str
    brand: str
    categories: str
    attributes: str
    description: str

    @property
    def vocabulary(self) -> str:
        """What the shop itself writes with care: the words that misspelt ones are corrected to."""
        return " ".join((self.title, self.brand, self.categories, self.attributes))


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedProduct:
    """What is searched, filtered, counted and sorted by."""

    document: ProductDocument
    text: IndexedText
    phrases: tuple[str, ...]
    brand: str
    """The brand as it is filtered by: case does not matter."""
    brand_token: str
    """`brand` and the brand as it is written; empty without one."""
    category_keys: tuple[str, ...]
    """Name, slug and path of each category up to the root, without case: what a shopper may filter by."""
    category_tokens: tuple[str, ...]
    """Path and slug of each category up to the root: what is counted."""
    category_names: tuple[str, ...]
    """Name, as it is typed and as it is written, and slug of each category: what is suggested."""
    boost: float


def normalised(text: str) -> str:
    """Return the words of `text` joined by blanks."""
    return " ".join(words(text))


def token(*parts: str) -> str:
    """Return one exact value made of several."""
    return SEPARATOR.join(map(_part, parts))


def _part(text: str) -> str:
    """Return `text` fit for a token: engines refuse a whole document for the sake of an endless one."""
    return text.replace(SEPARATOR, " ") if len(text) <= MAX_TOKEN_PART else _part(text[:MAX_TOKEN_PART])


def parts_of(value: str) -> list[str]:
    """Return what `token` joined."""
    return value.split(SEPARATOR)


def key(text: str) -> str:
    """Return `text` as exact filters compare it: without case, outer blanks and doubled blanks."""
    return " ".join(text.casefold().split())


def attribute_tokens(attributes: Iterable[tuple[str, str]]) -> list[str]:
    """Return a token for each name and value."""
    return [token(name, value) for name, value in attributes]


def score_factor(*, popularity: int, in_stock: bool) -> float:
    """Return what a text score is multiplied by: 1 for a product that is sold out and that nobody knows."""
    fame = math.log1p(min(popularity, POPULARITY_CEILING)) / math.log1p(POPULARITY_CEILING)
    return 1.0 + POPULARITY_PRIOR * fame + (IN_STOCK_BONUS if in_stock else 0.0)


def flatten(document: ProductDocument) -> IndexedProduct:
    """Return what engines index of `document`."""
    categories = document.categories
    return IndexedProduct(
        document=document,
        text=_text(document),
        phrases=tuple(dict.fromkeys(phrases(plain(document.title)))),
        brand=key(document.brand),
        brand_token=token(normalised(document.brand), document.brand) if document.brand else "",
        category_keys=tuple(
            dict.fromkeys(key(value) for each in categories for value in (each.name, each.slug, each.path))
        ),
        category_tokens=tuple(token(each.path, each.slug) for each in categories),
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
