"""Build the suggestion dictionary from the listed products and from statistics of queries."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple, Self

import numpy as np

from indexing.document import ProductDocument
from indexing.page import SuggestionKind
from indexing.suggestions.arrays import Ids, Lists
from indexing.suggestions.dictionary import Named, SuggestionDictionary
from indexing.suggestions.phrases import MIN_PRODUCTS, Kinds, phrases_of
from indexing.suggestions.statistics import QueryStatistic, popular, trending
from indexing.suggestions.wording import words
from indexing.text import STOP_WORDS, plain

MAX_PRODUCTS = 200_000
"""The best sellers of larger catalogues have the phrases that shoppers type."""
MAX_TITLE_WORDS = 16
SMALL_CATALOGUE = 1_000
"""Products; in a smaller catalogue a phrase of one title is suggested too."""


class CatalogueProduct(NamedTuple):
    """What suggestions need of a listed product."""

    title: str
    brand: str = ""
    category_path: tuple[tuple[str, str], ...] = ()
    """Name and slug of each category, from the root to its own."""

    @classmethod
    def of(cls, document: ProductDocument) -> Self:
        """Return what suggestions need of a document."""
        return cls(
            document.title, document.brand, tuple((each.name, each.slug) for each in document.categories)
        )


def build(
    products: Iterable[CatalogueProduct], *, queries: Sequence[QueryStatistic] = ()
) -> SuggestionDictionary:
    """Return the dictionary of these products, best sellers first, and queries."""
    listed = list(islice(products, MAX_PRODUCTS))
    titles = [_title_words(each) for each in listed]
    named = tuple(_named(listed, queries))
    named_words = [words(each.text) for each in named]
    vocabulary = sorted({word for each in (*titles, *named_words) for word in each})
    numbers = {word: number for number, word in enumerate(vocabulary)}
    numbered = [[numbers[word] for word in title] for title in titles]
    kinds = Kinds([word in STOP_WORDS for word in vocabulary], [word.isdigit() for word in vocabulary])
    fewest = 1 if len(listed) < SMALL_CATALOGUE else MIN_PRODUCTS
    found = phrases_of(numbered, kinds, fewest=fewest)
    products_by_word = _inverted([set(title) for title in numbered], size=len(vocabulary))
    columns, rows = found.words.T.reshape(-1), np.tile(np.arange(len(found.counts), dtype=np.uint32), 3)
    return SuggestionDictionary(
        words=vocabulary,
        frequencies=np.diff(products_by_word.ends).astype(np.uint32),
        titles=Lists.of(numbered),
        products=products_by_word,
        phrase_words=found.words,
        phrase_counts=found.counts,
        phrases=Lists.inverted(columns[columns > 0] - 1, rows[columns > 0], size=len(vocabulary)),
        phrases_first=Lists.inverted(found.words[:, 0] - 1, rows[: len(found.counts)], size=len(vocabulary)),
        named=named,
        named_entries=_inverted(
            [{numbers[word] for word in each} for each in named_words], size=len(vocabulary)
        ),
        unprompted=tuple(_unprompted(queries)),
    )


def _title_words(product: CatalogueProduct) -> list[str]:
    """Return the words of the title, after those of the brand if the title doesn't name it."""
    title = words(plain(product.title))[:MAX_TITLE_WORDS]
    brand = words(product.brand)
    return title if set(brand) <= set(title) else [*brand, *title]


def _named(products: Sequence[CatalogueProduct], queries: Sequence[QueryStatistic]) -> Iterator[Named]:
    """Yield queries, categories and brands, the best of each kind first."""
    for query in sorted(queries, key=lambda each: (-each.score, each.text)):
        yield Named(SuggestionKind.QUERY, query.text, query.shoppers)
    by_category = Counter(category for each in products for category in set(each.category_path))
    for (name, slug), count in sorted(by_category.items(), key=lambda pair: (-pair[1], pair[0])):
        yield Named(SuggestionKind.CATEGORY, name, count, slug)
    spellings: dict[str, Counter[str]] = {}
    for each in products:
        if normalised := " ".join(words(each.brand)):
            spellings.setdefault(normalised, Counter())[each.brand] += 1
    for spelt in sorted(spellings.values(), key=lambda each: (-each.total(), min(each))):
        yield Named(SuggestionKind.BRAND, spelt.most_common(1)[0][0], spelt.total())


def _unprompted(queries: Sequence[QueryStatistic]) -> Iterator[Named]:
    for query in trending(queries):
        yield Named(SuggestionKind.TRENDING, query.text, query.shoppers)
    for query in popular(queries):
        yield Named(SuggestionKind.POPULAR, query.text, query.shoppers)


def _inverted(rows: Sequence[set[int]], *, size: int) -> Lists:
    """Return the rows that contain each of `size` numbers."""
    flat = np.asarray([number for row in rows for number in row], dtype=np.uint32)
    places: Ids = np.repeat(np.arange(len(rows), dtype=np.uint32), [len(row) for row in rows])
    return Lists.inverted(flat, places, size=size)
