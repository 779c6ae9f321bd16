"""Products by the words of their titles, brands and categories, to find neighbours of a product made later.

The vectors are those of `ml.models.content` without descriptions, cut to the products in which a term weighs
most. It needs NumPy only.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.catalogue import Catalogue, ProductFacts

PRODUCTS_A_TERM = 200
_WORD = re.compile(r"\w\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """An index from terms to products.

    `items` are the ids of all products of the catalogue, ascending. `terms` are hashes, ascending, with their
    inverse frequencies `rarities`; those of term t are `products[starts[t] : starts[t + 1]]` with the shares
    `weights` of their vectors. Products that can't be bought are in `items` alone.
    """

    items: NDArray[np.int64]
    terms: NDArray[np.uint64]
    rarities: NDArray[np.float32]
    starts: NDArray[np.int64]
    products: NDArray[np.int64]
    weights: NDArray[np.float32]

    @classmethod
    def of(cls, catalogue: Catalogue) -> "Terms":
        """Return the index of the products of a catalogue."""
        ids = np.array(sorted(catalogue.products), np.int64)
        documents = [_terms(catalogue.products[int(key)]) for key in ids]
        lengths = [len(document) for document in documents]
        of_row = np.repeat(np.arange(len(ids)), lengths)
        hashes = np.array([_hashed(term) for document in documents for term, _ in document], np.uint64)
        is_facet = np.array([facet for document in documents for _, facet in document], bool)
        terms, numbers, frequencies = np.unique(hashes, return_inverse=True, return_counts=True)
        rarities = np.log((1 + len(ids)) / (1 + frequencies))
        weights = _unit(rarities[numbers], of_row, is_facet, rows=len(ids))
        sellable = np.array([catalogue.products[int(key)].sellable for key in ids], bool)
        kept = (weights > 0) & (sellable[of_row] if len(ids) else False)
        # The products in which a term weighs most come first.
        order = np.lexsort((of_row[kept], -weights[kept], numbers[kept]))
        numbers, rows, weights = numbers[kept][order], of_row[kept][order], weights[kept][order]
        counts = np.bincount(numbers, minlength=len(terms))
        place = np.arange(len(numbers)) - np.repeat(np.cumsum(counts) - counts, counts)
        first = place < PRODUCTS_A_TERM
        return cls(
            items=ids,
            terms=terms,
            rarities=rarities.astype(np.float32),
            starts=np.concatenate(([0], np.cumsum(np.minimum(counts, PRODUCTS_A_TERM)))),
            products=ids[rows[first]],
            weights=weights[first].astype(np.float32),
        )

    @classmethod
    def mapped(cls, arrays: Mapping[str, NDArray[Any]]) -> "Terms":
        """Return the index of these arrays.

        Arrays by other names, which a later release may add, are left out.

        Raises:
            KeyError: an array is missing.
        """
        return cls(**{field.name: arrays[field.name] for field in fields(cls)})

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def __contains__(self, product_id: int) -> bool:
        place = int(np.searchsorted(self.items, product_id))
        return place < len(self.items) and int(self.items[place]) == product_id

    def nearest(self, product: ProductFacts, *, k: int) -> list[tuple[int, float]]:
        """Return the ids of the k most similar products with their cosines, best first, without itself."""
        document = _terms(product)
        hashes = np.array([_hashed(term) for term, _ in document], np.uint64)
        if not len(self.terms) or not len(hashes):
            return []
        places = np.minimum(np.searchsorted(self.terms, hashes), len(self.terms) - 1)
        known = self.terms[places] == hashes
        # An unknown term is as rare as can be.
        rarities = np.where(known, self.rarities[places], np.log(1 + len(self.items)))
        is_facet = np.array([facet for _, facet in document], bool)
        weights = _unit(rarities, np.zeros(len(hashes), np.int64), is_facet, rows=1)
        spans = [slice(self.starts[place], self.starts[place + 1]) for place in places[known]]
        found = [self.products[span] for span in spans]
        products, rows = np.unique(np.concatenate([self.products[:0], *found]), return_inverse=True)
        shares = [weight * self.weights[span] for weight, span in zip(weights[known], spans, strict=True)]
        cosines = np.bincount(rows, np.concatenate([self.weights[:0], *shares]), minlength=len(products))
        cosines[products == product.product_id] = 0
        best = np.argsort(-cosines, kind="stable")[:k]
        return [(int(products[place]), float(cosines[place])) for place in best if cosines[place] > 0]


def _terms(product: ProductFacts) -> list[tuple[str, bool]]:
    """Return the different terms of a product; the flag is true for its brand and categories."""
    words = [(word, False) for word in Counter(_WORD.findall(product.title.casefold()))]
    return [*words, *((facet, True) for facet in _facets(product))]


def _facets(product: ProductFacts) -> Iterator[str]:
    if product.brand:
        yield f"brand:{product.brand.casefold()}"
    for depth in range(len(product.category)):
        yield "category:" + " > ".join(product.category[: depth + 1]).casefold()


def _unit(
    rarities: NDArray[np.floating[Any]],
    of_row: NDArray[np.int64],
    is_facet: NDArray[np.bool_],
    *,
    rows: int,
) -> NDArray[np.float64]:
    """Return the terms' shares of unit vectors, in which words and facets count alike."""
    weights = rarities.astype(np.float64)
    for part in (is_facet, ~is_facet):
        lengths = np.sqrt(np.bincount(of_row[part], weights[part] ** 2, minlength=rows))
        weights[part] /= np.maximum(lengths, 1e-12)[of_row[part]]
    lengths = np.sqrt(np.bincount(of_row, weights**2, minlength=rows))
    return np.asarray(weights / np.maximum(lengths, 1e-12)[of_row])


def _hashed(term: str) -> int:
    return int.from_bytes(hashlib.blake2b(term.encode(), digest_size=8).digest(), "little")
