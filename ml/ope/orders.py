"""The order in which a version would have shown the products of a list."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.dataset import UNKNOWN, Ids
from ml.lists import NO_PRODUCT, Lists

LAST = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Ordered:
    """Lists in a version's order: `products` (n × places), and how many of its first products were shown.

    `shared` (n) is the share of a version's first products, as many as the list has, that the list contains.
    `known` (n) is false for a shopper without a list in the version.
    """

    products: NDArray[np.int64]
    shared: NDArray[np.float64]
    known: NDArray[np.bool_]


def ordered(shoppers: NDArray[Any], products: NDArray[np.int64], *, lists: Lists) -> Ordered:
    """Return the products of each row in the order of the shopper's list, the others after them.

    Products that the list doesn't have are in the order of their ids. The order depends on which products
    were shown, never on how they were ordered, so that shuffled and other lists are comparable.
    """
    subjects = Ids.of(lists.subjects.astype(str)) if len(lists) else Ids.of(np.array([], str))
    rows = np.argsort(lists.subjects.astype(str), kind="stable")
    found = subjects.positions(shoppers.astype(str))
    known = found != UNKNOWN
    ranks = np.full(products.shape, LAST)
    shared = np.zeros(len(products))
    lengths = (products != NO_PRODUCT).sum(axis=1)
    for row in np.flatnonzero(known):
        own = lists.products[rows[found[row]]]
        own = own[own != NO_PRODUCT]
        shown = products[row, : lengths[row]]
        matches = shown[:, None] == own[None, :]
        ranks[row, : lengths[row]] = np.where(matches.any(axis=1), matches.argmax(axis=1), LAST)
        first = own[: lengths[row]]
        shared[row] = np.isin(first, shown).sum() / max(lengths[row], 1)
    # Padding comes last: it has neither a rank nor an id.
    ids = np.where(products == NO_PRODUCT, LAST, products)
    order = np.lexsort((ids, ranks), axis=1)
    return Ordered(np.take_along_axis(products, order, axis=1), shared, known)
