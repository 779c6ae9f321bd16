"""Build ranked lists from fitted models: for shoppers, for product pages, and for new shoppers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ml.dataset import UNKNOWN, Interactions, Positions
from ml.explanations import rank_and_explain
from ml.lists import NO_PRODUCT, Lists
from ml.models import Fitted
from ml.top import rank


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


def user_lists(fitted: Fitted, pairs: Interactions, *, allowed: NDArray[np.bool_], length: int) -> Lists:
    """Return for each user the best `allowed` products outside their history; empty lists are left out.

    `because` is the product of the history without which the score would be lower by most.
    """
    ranked, scores, because = rank_and_explain(fitted, pairs.matrix, k=length, allowed=allowed)
    ranked, scores = _positive_only(ranked, scores)
    because = np.where(ranked == UNKNOWN, UNKNOWN, because)
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
