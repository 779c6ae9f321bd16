"""Content-based similarity from product texts and attributes.

It works for products without interactions. Source: tf-idf and the cosine of Salton's vector space model; the
profile is the sum of the history's vectors (Pazzani and Billsus, Content-based recommendation systems, 2007).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, csr_matrix, hstack
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import normalize

from ml.catalogue import Catalogue, ProductFacts
from ml.dataset import Interactions, Positions, Scores
from ml.models import CatalogueNeeded
from ml.models.recipe import Count, NotNegative, Recipe

# The squared length of what is no profile, within the precision of float32.
SMALL = 1e-9
EMPTY_PRODUCT = ProductFacts(product_id=0, title="")


@dataclass(frozen=True)
class Content(Recipe):
    """Cosine of tf-idf vectors; each `…_share` is the weight of one part of a product's vector."""

    name: ClassVar[str] = "content"

    title_share: NotNegative = 1.0
    description_share: NotNegative = 0.5
    facet_share: NotNegative = 1.0
    max_terms: Count = 50_000

    def fit(self, train: Interactions, *, catalogue: Catalogue | None = None) -> "FittedContent":
        if catalogue is None:
            raise CatalogueNeeded(self.name)
        products = [catalogue.products.get(int(key), EMPTY_PRODUCT) for key in train.items.values]
        return FittedContent(self.vectors(products))

    def vectors(self, products: Sequence[ProductFacts]) -> csr_array:
        """Return unit vectors, products × terms, float32; a product without terms has a row of zeros."""
        parts: list[tuple[float, Sequence[object], CountVectorizer]] = [
            (self.title_share, [product.title for product in products], self._words()),
            (self.description_share, [product.description for product in products], self._words()),
            (self.facet_share, [list(_facets(product)) for product in products], _unchanged_terms()),
        ]
        blocks = [
            np.float32(share) * _tf_idf(vectorizer.fit_transform(documents))
            for share, documents, vectorizer in parts
            if share and _has_terms(documents, vectorizer=vectorizer)
        ]
        if not blocks:
            return csr_array((len(products), 1), dtype=np.float32)
        return csr_array(normalize(hstack(blocks, format="csr")))

    def _words(self) -> CountVectorizer:
        return CountVectorizer(stop_words="english", max_features=self.max_terms, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class FittedContent:
    vectors: csr_array

    def score(self, histories: csr_array) -> Scores:
        profiles = normalize(csr_array(histories @ self.vectors))
        return np.asarray((profiles @ self.vectors.T).toarray(), dtype=np.float32)

    def contributions(self, histories: csr_array, items: Positions) -> NDArray[np.float32]:
        """Return by how much the cosine with its user's items falls without each entry: entries × items.

        The cosine is not linear, since the profile's length changes, too; these are the exact differences.
        """
        found = np.empty((histories.nnz, items.shape[1]), np.float32)
        for user, listed in enumerate(items):
            own = slice(histories.indptr[user], histories.indptr[user + 1])
            vectors = csr_array(self.vectors[histories.indices[own]].multiply(histories.data[own][:, None]))
            added = (vectors @ self.vectors[listed].T).toarray()
            products = (vectors @ vectors.T).toarray()
            # Squared lengths of the profile, and of the profile without each entry.
            length, sums = products.sum(), products.sum(axis=1)
            without = np.maximum(length - 2 * sums + products.diagonal(), 0)
            score = added.sum(axis=0) / np.sqrt(max(length, SMALL))
            rest = (added.sum(axis=0) - added) / np.sqrt(np.maximum(without, SMALL))[:, None]
            found[own] = score - np.where(without[:, None] > SMALL, rest, 0)
        return found


def _facets(product: ProductFacts) -> Iterator[str]:
    """Yield a term for the brand, for each level of the category and for each attribute value."""
    if product.brand:
        yield f"brand:{product.brand.casefold()}"
    for depth in range(len(product.category)):
        yield "category:" + " > ".join(product.category[: depth + 1]).casefold()
    for name, values in product.attributes.items():
        yield from (f"{name}:{value}".casefold() for value in values)


def _unchanged_terms() -> CountVectorizer:
    return CountVectorizer(analyzer=list, dtype=np.float32)


def _tf_idf(counts: csr_matrix) -> csr_matrix:
    """Return (1 + ln tf) · ln((1 + n) / (1 + df)) in unit rows.

    scikit-learn's transformer adds 1 to the idf, so that a term of every product, such as a shop's only
    category, would make all products similar.
    """
    frequency = np.bincount(counts.indices, minlength=counts.shape[1])
    idf = np.log((1 + counts.shape[0]) / (1 + frequency)).astype(np.float32)
    weighted = counts.copy()
    weighted.data = (1 + np.log(counts.data)) * idf[counts.indices]
    return normalize(weighted)


def _has_terms(documents: Sequence[object], *, vectorizer: CountVectorizer) -> bool:
    """Return whether any document has a term; scikit-learn raises an error if none has."""
    analyse = vectorizer.build_analyzer()
    return any(analyse(document) for document in documents)
