"""How good a ranking is, over the whole catalogue: no sampled negatives.

`ranked` holds item positions, users × k, best first, UNKNOWN (-1) where a list ended early; `truth` is a
sparse matrix, users × items, with an entry for each item that the user went on to choose.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ml.dataset import UNKNOWN, Positions


@dataclass(frozen=True, slots=True)
class Marks:
    """Means over `users` with something in their truth; `coverage` is the share of items in any list."""

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
    """Which places of each list, users × k, hold an item of that user's truth."""
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
    """For each user the share of their `sizes` chosen items that the list found."""
    share: NDArray[np.float64] = hit.sum(axis=1) / sizes
    return share


def ndcg(hit: NDArray[np.bool_], sizes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Binary gain, discount log2(rank + 1), over the best a list of k could do: min(k, sizes) hits on top.

    Source: Järvelin and Kekäläinen, Cumulated gain-based evaluation of IR techniques, TOIS 20(4), 2002.
    """
    discount = 1 / np.log2(np.arange(2, hit.shape[1] + 2))
    ideal = np.cumsum(discount)[np.minimum(sizes, hit.shape[1]) - 1]
    return np.asarray((hit @ discount) / ideal)


def reciprocal_rank(hit: NDArray[np.bool_]) -> NDArray[np.float64]:
    """One over the rank of the first hit; 0 where there is none."""
    return np.where(hit.any(axis=1), 1 / (hit.argmax(axis=1) + 1), 0.0)


def marks(ranked: Positions, truth: csr_array, *, sizes: NDArray[np.int64]) -> Marks:
    """The means over all rows. `sizes` counts each user's chosen items, those no list could name included.

    Every size must be at least 1.
    """
    hit = hits(ranked, truth)
    shown = np.unique(ranked[ranked != UNKNOWN])
    return Marks(
        k=ranked.shape[1],
        users=len(ranked),
        recall=float(recall(hit, sizes).mean()),
        ndcg=float(ndcg(hit, sizes).mean()),
        mrr=float(reciprocal_rank(hit).mean()),
        coverage=len(shown) / truth.shape[1],
    )
