"""Ranking metrics over the whole catalogue, without sampled negatives.

`ranked` holds item positions, users × k, best first, padded with UNKNOWN (-1); `truth` is a sparse matrix,
users × items, with an entry for each item that the user chose in the test period.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ml.dataset import UNKNOWN, Positions


@dataclass(frozen=True, slots=True)
class Metrics:
    """Means over `users` test users; `coverage` is the share of all items that appear in some list."""

    k: int
    users: int
    recall: float
    ndcg: float
    mrr: float
    coverage: float

    def as_dict(self) -> Mapping[str, float]:
        return {
            f"recall@{self.k}": self.recall,
            f"ndcg@{self.k}": self.ndcg,
            f"mrr@{self.k}": self.mrr,
            f"coverage@{self.k}": self.coverage,
            "users": self.users,
        }


def hits(ranked: Positions, truth: csr_array) -> NDArray[np.bool_]:
    """Return, users × k, whether each ranked item is in that user's truth."""
    width = np.int64(truth.shape[1])
    rows = np.repeat(np.arange(truth.shape[0], dtype=np.int64), np.diff(truth.indptr))
    known = np.sort(rows * width + truth.indices)
    wanted = np.arange(len(ranked), dtype=np.int64)[:, None] * width + ranked
    if not len(known):
        return np.zeros(ranked.shape, dtype=bool)
    place = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    found: NDArray[np.bool_] = (known[place] == wanted) & (ranked != UNKNOWN)
    return found


def recall(hit: NDArray[np.bool_], sizes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return for each user the share of the `sizes` chosen items that are in the list."""
    share: NDArray[np.float64] = hit.sum(axis=1) / sizes
    return share


def ndcg(hit: NDArray[np.bool_], sizes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return for each user the NDCG with binary gain and discount log2(rank + 1).

    The ideal list has min(k, sizes) hits at the top.

    Source: Järvelin and Kekäläinen, Cumulated gain-based evaluation of IR techniques, TOIS 20(4), 2002.
    """
    discount = 1 / np.log2(np.arange(2, hit.shape[1] + 2))
    ideal = np.cumsum(discount)[np.minimum(sizes, hit.shape[1]) - 1]
    return np.asarray((hit @ discount) / ideal)


def reciprocal_rank(hit: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return for each user one over the rank of the first hit; 0 without a hit."""
    return np.where(hit.any(axis=1), 1 / (hit.argmax(axis=1) + 1), 0.0)


def mean_metrics(ranked: Positions, truth: csr_array, *, sizes: NDArray[np.int64]) -> Metrics:
    """Return the means over all rows.

    `sizes` counts the items that each user chose, including those that the model does not know; every size
    must be at least 1.
    """
    hit = hits(ranked, truth)
    shown = np.unique(ranked[ranked != UNKNOWN])
    return Metrics(
        k=ranked.shape[1],
        users=len(ranked),
        recall=float(recall(hit, sizes).mean()),
        ndcg=float(ndcg(hit, sizes).mean()),
        mrr=float(reciprocal_rank(hit).mean()),
        coverage=len(shown) / truth.shape[1],
    )
