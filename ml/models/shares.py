"""Learn the shares of a blend on pairs that its members did not learn from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ml.dataset import UNKNOWN, Positions, Scores
from ml.metrics import hits, ndcg, recall
from ml.models import Fitted
from ml.models.blend import scaled_to_unit_rms
from ml.top import blocks, rank, top

K = 20
# An item outside of every member's first 100 is hardly ever among the first 20 of their sum.
DEPTH = 100
STEPS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0)
MAX_ROUNDS = 3
# A member that adds less is left out, because it takes time at each training.
LEAST_GAIN = 0.002
OUTSIDE = np.float32(-1e30)


@dataclass(frozen=True, slots=True)
class Pool:
    """The items that may enter a blend's list, and each member's scores of them.

    `items` is users × width, UNKNOWN where a row has fewer; `scores` has one array of that shape for each
    member, on the blend's scale. Only the pool is kept in memory, not all scores.
    """

    items: Positions
    scores: Sequence[Scores]

    def ranked(self, shares: Sequence[float]) -> Positions:
        """Return the K best items of the blend with these shares, users × K."""
        total = sum(np.float32(share) * one for share, one in zip(shares, self.scores, strict=True))
        total = np.where(self.items == UNKNOWN, OUTSIDE, total).astype(np.float32)
        return np.take_along_axis(self.items, np.maximum(top(total, k=K), 0), axis=1)


def pooled(members: Sequence[Fitted], histories: csr_array) -> Pool:
    """Return the union of the members' first items for each history."""
    found = np.concatenate([rank(member, histories, k=DEPTH)[0] for member in members], axis=1)
    found.sort(axis=1)
    repeated = np.zeros(found.shape, dtype=bool)
    repeated[:, 1:] = found[:, 1:] == found[:, :-1]
    found[repeated] = UNKNOWN
    return Pool(found, [_scores(member, histories, items=found) for member in members])


def learn_shares(pool: Pool, truth: csr_array) -> tuple[float, ...]:
    """Return the members' shares with the greatest sum of recall and NDCG, by coordinate ascent.

    `truth` (users × items) has at least one entry in each row. Each share is one of STEPS; the best member
    alone has a share of 1 at the start. A share is only set above 0 if that improves the metrics by
    LEAST_GAIN of their value.
    """
    count = len(pool.scores)
    sizes = np.diff(truth.indptr).astype(np.int64)
    alone = [tuple(float(i == j) for j in range(count)) for i in range(count)]
    values = [_value(pool.ranked(one), truth, sizes=sizes) for one in alone]
    first = int(np.argmax(values))
    shares = alone[first]
    for _ in range(MAX_ROUNDS):
        before = shares
        for member in (i for i in range(count) if i != first):
            tried = [(*shares[:member], step, *shares[member + 1 :]) for step in STEPS]
            found = [_value(pool.ranked(one), truth, sizes=sizes) for one in tried]
            without, best = found[0], int(np.argmax(found))
            if found[best] < without * (1 + LEAST_GAIN):
                best = 0
            shares = tried[best]
        if shares == before:
            break
    return shares


def _value(ranked: Positions, truth: csr_array, *, sizes: NDArray[np.int64]) -> float:
    hit = hits(ranked, truth)
    return float(recall(hit, sizes).mean() + ndcg(hit, sizes).mean())


def _scores(member: Fitted, histories: csr_array, *, items: Positions) -> Scores:
    scores = np.empty(items.shape, dtype=np.float32)
    for part in blocks(histories):
        scaled = scaled_to_unit_rms(member.score(histories[part]))
        scores[part] = np.take_along_axis(scaled, np.maximum(items[part], 0), axis=1)
    return scores
