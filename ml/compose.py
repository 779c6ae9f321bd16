"""Build ranked lists from fitted models: for shoppers, for product pages, and for new shoppers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ml.dataset import UNKNOWN, Interactions, Positions
from ml.lists import NO_PRODUCT, Lists
from ml.models import Fitted
from ml.top import blocks, rank

EXPLAINED_AT_ONCE = 256


def product_lists(fitted: Fitted, pairs: Interactions, *, allowed: NDArray[np.bool_], length: int) -> Lists:
    """Return for each product the best `allowed` products for a history of only that product.

    Empty lists are left out.
    """
    ranked, scores = _positive_only(
        *rank(fitted, histories_of_one(len(pairs.items)), k=length, allowed=allowed)
    )
    return _lists(pairs.items.values, ranked, scores, pairs=pairs, because=np.full(ranked.shape, UNKNOWN))


def histories_of_one(items: int) -> csr_array:
    """Return histories of one product each, items × items."""
    entries = (np.ones(items, np.float32), np.arange(items), np.arange(items + 1))
    return csr_array(entries, shape=(items, items))


def user_lists(
    fitted: Fitted,
    pairs: Interactions,
    *,
    allowed: NDArray[np.bool_],
    length: int,
    near: Lists | None = None,
) -> Lists:
    """Return for each user the best `allowed` products outside their history; empty lists are left out.

    `near` are the product lists of the same model, from which `because` is computed.
    """
    ranked, scores = _positive_only(*rank(fitted, pairs.matrix, k=length, allowed=allowed))
    because = np.full(ranked.shape, UNKNOWN)
    if near is not None:
        because = _explanations(ranked, pairs=pairs, neighbours=_as_matrix(near, pairs=pairs))
    return _lists(pairs.users.values.astype(np.str_), ranked, scores, pairs=pairs, because=because)


def popular_list(fitted: Fitted, pairs: Interactions, *, allowed: NDArray[np.bool_], length: int) -> Lists:
    """Return the one list for a shopper without a history; its subject is the empty key."""
    empty_history = csr_array((1, len(pairs.items)), dtype=np.float32)
    ranked, scores = _positive_only(*rank(fitted, empty_history, k=length, allowed=allowed))
    return _lists(np.array([""]), ranked, scores, pairs=pairs, because=np.full(ranked.shape, UNKNOWN))


def _positive_only(ranked: Positions, scores: NDArray[np.float32]) -> tuple[Positions, NDArray[np.float32]]:
    """Replace entries without a positive score by UNKNOWN."""
    kept = (ranked != UNKNOWN) & (scores > 0)
    return np.where(kept, ranked, UNKNOWN), np.where(kept, scores, np.float32(0))


def _lists(
    subjects: NDArray[Any],
    ranked: Positions,
    scores: NDArray[np.float32],
    *,
    pairs: Interactions,
    because: Positions,
) -> Lists:
    filled = (ranked != UNKNOWN).any(axis=1)
    products = np.append(pairs.items.values.astype(np.int64), NO_PRODUCT)
    return Lists(subjects[filled], products[ranked[filled]], scores[filled], products[because[filled]])


def _as_matrix(near: Lists, *, pairs: Interactions) -> csr_array:
    """Return the product lists as a sparse matrix of scores, items × items."""
    rows = np.repeat(pairs.items.positions(near.subjects), near.products.shape[1])
    columns = pairs.items.positions(near.products.ravel())
    kept = columns != UNKNOWN
    size = len(pairs.items)
    return csr_array((near.scores.ravel()[kept], (rows[kept], columns[kept])), shape=(size, size))


def _explanations(ranked: Positions, *, pairs: Interactions, neighbours: csr_array) -> Positions:
    because = np.full(ranked.shape, UNKNOWN, dtype=np.int64)
    for part in blocks(pairs.matrix, rows_at_once=EXPLAINED_AT_ONCE):
        because[part] = _strongest(ranked[part], histories=pairs.matrix[part], neighbours=neighbours)
    return because


def _strongest(ranked: Positions, *, histories: csr_array, neighbours: csr_array) -> Positions:
    """Return for each recommendation the item of the history that contributes most to it."""
    reach = np.diff(neighbours.indptr)[histories.indices]
    before = np.cumsum(reach) - reach
    place = np.arange(reach.sum()) - np.repeat(before - neighbours.indptr[histories.indices], reach)
    owner = np.repeat(np.arange(histories.shape[0]), np.diff(histories.indptr))
    slot = _slots(ranked, items=neighbours.shape[1])[np.repeat(owner, reach), neighbours.indices[place]]
    wanted = slot != UNKNOWN
    value = neighbours.data[place[wanted]] * np.repeat(histories.data, reach)[wanted]
    # Assigned in ascending order of value, so that the greatest is written last.
    order = np.argsort(value, kind="stable")
    best = np.full(ranked.size, UNKNOWN, dtype=np.int64)
    best[slot[wanted][order]] = np.repeat(histories.indices, reach)[wanted][order]
    return best.reshape(ranked.shape)


def _slots(ranked: Positions, *, items: int) -> Positions:
    """Return each item's index in the flattened lists (users × items), UNKNOWN if it is not listed."""
    slots = np.full((len(ranked), items), UNKNOWN, dtype=np.int64)
    rows, ranks = np.nonzero(ranked != UNKNOWN)
    slots[rows, ranked[rows, ranks]] = rows * ranked.shape[1] + ranks
    return slots
