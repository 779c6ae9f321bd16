"""How diverse lists are: the largest share of diversity that costs next to nothing, on later interactions."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ml.catalogue import Catalogue
from ml.contest import K, TimeSplit
from ml.dataset import UNKNOWN, Interactions, Positions, Scores
from ml.diversity import FIRST, MAX_OF_FAMILY, NONE, Kind, Kinds, diversified
from ml.evaluate import tested
from ml.families import kinds_of
from ml.metrics import hits, ndcg
from ml.models import Fitted
from ml.top import rank

SHARES = (0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)
DEFAULT_SHARE = 0.1
TOLERATED_LOSS = 0.01
MAX_USERS = 2_000
MIN_USERS = 100
# As many candidates as a request has before its rules.
CANDIDATES = 60


class Tried(msgspec.Struct, frozen=True):
    """A share of diversity, the NDCG with it, and the share of lists with too many of a family at the top."""

    share: float
    ndcg: float
    monotonous: float


class Diversity(msgspec.Struct, frozen=True):
    """The chosen share, as it is stored in a manifest, and what was measured on the choice part."""

    share: float = DEFAULT_SHARE
    measured: Sequence[Tried] = ()
    users: int = 0


def decide(fitted: Fitted, pairs: Interactions, choice: TimeSplit) -> Diversity:
    """Return the largest of SHARES with which the NDCG is lower by at most TOLERATED_LOSS of itself.

    `fitted` learned from `pairs`, of the training part of `choice`. A sample of MAX_USERS users is tested;
    with fewer than MIN_USERS the default is used.
    """
    rows, truth, sizes = tested(pairs, choice.test)
    if len(rows) < MIN_USERS:
        return Diversity()
    if len(rows) > MAX_USERS:
        drawn = np.sort(np.random.default_rng(0).choice(len(rows), MAX_USERS, replace=False))
        rows, truth, sizes = rows[drawn], csr_array(truth[drawn]), sizes[drawn]
    allowed = choice.catalogue.sellable(pairs.items.values) if len(choice.catalogue) else None
    lists = _Lists.of(
        *rank(fitted, pairs.matrix[rows], k=CANDIDATES, allowed=allowed), pairs, choice.catalogue
    )
    measured = [lists.tried(share, truth, sizes) for share in SHARES]
    least = (1 - TOLERATED_LOSS) * measured[0].ndcg
    return Diversity(max(one.share for one in measured if one.ndcg >= least), measured, len(rows))


@dataclass(frozen=True, slots=True)
class _Lists:
    """Candidates of each user: positions of items, scores and kinds, best first; only positive scores."""

    positions: Sequence[NDArray[np.int64]]
    scores: Sequence[Sequence[float]]
    kinds: Sequence[Sequence[Kind]]

    @classmethod
    def of(cls, ranked: Positions, scores: Scores, pairs: Interactions, catalogue: Catalogue) -> "_Lists":
        arrays: Mapping[str, NDArray[np.int64]] = kinds_of(catalogue)
        kinds = Kinds(*(arrays[name].tolist() for name in ("products", "families", "categories")))
        kept = (ranked != UNKNOWN) & (scores > 0)
        positions = [row[chosen] for row, chosen in zip(ranked, kept, strict=True)]
        return cls(
            positions,
            [row[chosen].tolist() for row, chosen in zip(scores, kept, strict=True)],
            [kinds.of_products(pairs.items.values[row].tolist()) for row in positions],
        )

    def tried(self, share: float, truth: csr_array, sizes: NDArray[np.int64]) -> Tried:
        ranked = np.full((len(self.positions), K), UNKNOWN)
        monotonous = 0
        for row, (positions, scores, kinds) in enumerate(
            zip(self.positions, self.scores, self.kinds, strict=True)
        ):
            order = diversified(scores, kinds, share=share)[:K]
            ranked[row, : len(order)] = positions[order]
            families = Counter(kinds[place][0] for place in order[:FIRST])
            del families[NONE]
            monotonous += max(families.values(), default=0) > MAX_OF_FAMILY
        value = float(ndcg(hits(ranked, truth), sizes).mean())
        return Tried(share, round(value, 6), round(monotonous / len(ranked), 6))
