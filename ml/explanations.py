"""Which product of a history a recommendation owes most to: the one without which its score falls most.

Models say how much each product of a history adds to a score (`contributions`). A blend adds up those of its
members, each divided by the scale of the whole history. Other models, and blends with one of them, explain
nothing, because any reason would be a guess.
"""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ml.dataset import UNKNOWN, Positions, Scores
from ml.models import Fitted
from ml.models.blend import FittedBlend, root_mean_square
from ml.top import best_of, blocks

EXPLAINED_AT_ONCE = 256

Contributions = NDArray[np.float32]
"""What each stored entry of histories (rows) adds to the score of each listed item of its user (columns)."""
Explain = Callable[[slice, Positions], Contributions]


@runtime_checkable
class Explains(Protocol):
    """A fitted model that knows by how much a score falls without a product of the history."""

    def contributions(self, histories: csr_array, items: Positions) -> Contributions:
        """Return by how much scores fall without each entry of the histories: entries × listed items.

        `items` are those of each user, users × listed items, all of them known.
        """
        ...


def rank_and_explain(
    fitted: Fitted, histories: csr_array, *, k: int, allowed: NDArray[np.bool_]
) -> tuple[Positions, Scores, Positions]:
    """Return each user's k best items outside the history, their scores, and what explains each of them.

    All are users × k. UNKNOWN explains an item whose score no product of the history raises, and all items of
    a model that explains nothing.
    """
    ranked = np.full((histories.shape[0], k), UNKNOWN, dtype=np.int64)
    values = np.zeros(ranked.shape, dtype=np.float32)
    because = np.full(ranked.shape, UNKNOWN, dtype=np.int64)
    for part in blocks(histories):
        history = csr_array(histories[part])
        scores, explain = scored(fitted, history)
        ranked[part], values[part] = best_of(scores, history, k=k, allowed=allowed)
        del scores
        if explain is None:
            continue
        for start in range(0, history.shape[0], EXPLAINED_AT_ONCE):
            few = slice(start, min(start + EXPLAINED_AT_ONCE, history.shape[0]))
            rows = slice(part.start + few.start, part.start + few.stop)
            because[rows] = _strongest(csr_array(history[few]), ranked[rows], explain=explain, rows=few)
    return ranked, values, because


def scored(fitted: Fitted, histories: csr_array) -> tuple[Scores, Explain | None]:
    """Return the scores of histories, and a function of some of their rows and these rows' listed items.

    The function is None if the model explains nothing.
    """
    if isinstance(fitted, FittedBlend):
        return _scored_blend(fitted, histories)
    scores = fitted.score(histories)
    if not isinstance(fitted, Explains):
        return scores, None
    return scores, lambda rows, items: fitted.contributions(csr_array(histories[rows]), items)


def _scored_blend(fitted: FittedBlend, histories: csr_array) -> tuple[Scores, Explain | None]:
    total = np.zeros(histories.shape, dtype=np.float32)
    parts: list[tuple[NDArray[np.float32], Explain | None]] = []
    for member, share in zip(fitted.members, fitted.shares, strict=True):
        scores, explain = scored(member, histories)
        factors = (np.float32(share) / root_mean_square(scores)).astype(np.float32)
        total += factors[:, None] * scores
        if share:
            parts.append((factors, explain))
    explains = [(factors, explain) for factors, explain in parts if explain is not None]
    if len(explains) < len(parts):
        return total, None

    def summed(rows: slice, items: Positions) -> Contributions:
        few = csr_array(histories[rows])
        owners = np.repeat(np.arange(few.shape[0]), np.diff(few.indptr))
        found = np.zeros((few.nnz, items.shape[1]), np.float32)
        for factors, explain in explains:
            found += factors[rows][owners, None] * explain(rows, items)
        return found

    return total, summed


def _strongest(histories: csr_array, ranked: Positions, *, explain: Explain, rows: slice) -> Positions:
    """Return for each listed item the product of the history with the greatest contribution above 0."""
    found = explain(rows, np.maximum(ranked, 0))
    because = np.full(ranked.shape, UNKNOWN, dtype=np.int64)
    for user, (start, end) in enumerate(zip(histories.indptr, histories.indptr[1:], strict=False)):
        if start == end:
            continue
        own = found[start:end]
        best = own.argmax(axis=0)
        raises = own[best, np.arange(own.shape[1])] > 0
        because[user] = np.where(raises, histories.indices[start + best], UNKNOWN)
    because[ranked == UNKNOWN] = UNKNOWN
    return because
