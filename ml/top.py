"""Top-k ranking of scores."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ml.dataset import UNKNOWN, Positions, Scores
from ml.models import Fitted

# 64 MB of float32 scores at a time, for any size of the catalogue.
SCORES_AT_ONCE = 16_000_000


def top(scores: Scores, *, k: int) -> Positions:
    """Return the positions of the k greatest scores in each row, best first, ties by position.

    Scores of -inf are never returned. If equal scores compete for the last positions, NumPy's order decides.
    """
    width = min(k, scores.shape[1])
    chosen = np.argpartition(-scores, width - 1, axis=1)[:, :width]
    chosen.sort(axis=1)
    values = np.take_along_axis(scores, chosen, axis=1)
    order = np.argsort(-values, axis=1, kind="stable")
    values = np.take_along_axis(values, order, axis=1)
    chosen = np.take_along_axis(chosen, order, axis=1)
    ranked = np.full((len(scores), k), UNKNOWN, dtype=np.int64)
    ranked[:, :width] = np.where(np.isneginf(values), UNKNOWN, chosen)
    return ranked


def rank(
    fitted: Fitted, histories: csr_array, *, k: int, allowed: NDArray[np.bool_] | None = None
) -> tuple[Positions, Scores]:
    """Return each user's k best items outside the history, users × k padded with UNKNOWN, and their scores.

    Only items that are `allowed` (items, bool) are returned.
    """
    ranked = np.full((histories.shape[0], k), UNKNOWN, dtype=np.int64)
    values = np.zeros(ranked.shape, dtype=np.float32)
    for part in blocks(histories):
        history = histories[part]
        ranked[part], values[part] = best_of(fitted.score(history), history, k=k, allowed=allowed)
    return ranked, values


def best_of(
    scores: Scores, history: csr_array, *, k: int, allowed: NDArray[np.bool_] | None = None
) -> tuple[Positions, Scores]:
    """Return the same from the scores of these histories, which are changed."""
    scores[np.repeat(np.arange(history.shape[0]), np.diff(history.indptr)), history.indices] = -np.inf
    if allowed is not None:
        scores[:, ~allowed] = -np.inf
    ranked = top(scores, k=k)
    return ranked, np.take_along_axis(scores, np.maximum(ranked, 0), axis=1)


def blocks(histories: csr_array, *, rows_at_once: int = 4096) -> Iterator[slice]:
    """Return slices of the rows, small enough for all scores of a slice to fit in memory."""
    users, items = histories.shape
    step = min(max(SCORES_AT_ONCE // max(items, 1), 16), rows_at_once)
    return (slice(start, min(start + step, users)) for start in range(0, users, step))
