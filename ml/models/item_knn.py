"""Item-based nearest neighbours.

Source: Aiolli, Efficient top-N recommendation for very large scale binary rated datasets, RecSys 2013
(asymmetric cosine and locality); shrinkage by support as in Sarwar et al., WWW 2001, and later practice.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.sparse import csr_array, vstack

from ml import engines
from ml.catalogue import Catalogue
from ml.dataset import Interactions
from ml.models.item_item import FittedItemItem, co_occurrence, degrees, keep_greatest, rows_of
from ml.models.recipe import Count, NotNegative, Positive, Recipe


@dataclass(frozen=True)
class ItemKnn(Recipe):
    """Asymmetric cosine between items, raised to a power that favours the nearest ones.

    With G the co-occurrence (see `co_occurrence`) and d the items' degrees,
    weight(i, j) = (G_ij · d_i^-history_exponent · d_j^-target_exponent · G_ij / (G_ij + shrinkage))^locality.
    `neighbours` is the number of greatest values kept in each row. None keeps all of them, whose number grows
    with the square of the catalogue.
    """

    name: ClassVar[str] = "item_knn"

    user_exponent: NotNegative = 0.3
    history_exponent: NotNegative = 0.5
    target_exponent: NotNegative = 0.3
    shrinkage: NotNegative = 0.1
    locality: Positive = 1.2
    neighbours: Count | None = 200

    def fit(self, train: Interactions, *, catalogue: Catalogue | None = None) -> FittedItemItem:
        del catalogue
        if (engine := engines.current()) is not None:
            return engine.item_knn(self, train)
        degree = degrees(train.matrix, axis=0)
        history = degree ** np.float32(-self.history_exponent)
        target = degree ** np.float32(-self.target_exponent)
        blocks = [
            self._similarities(block, first=first, history=history, target=target)
            for first, block in co_occurrence(train.matrix, user_exponent=self.user_exponent)
        ]
        return FittedItemItem(csr_array(vstack(blocks, format="csr")))

    def _similarities(
        self, block: csr_array, *, first: int, history: np.ndarray, target: np.ndarray
    ) -> csr_array:
        rows = rows_of(block) + first
        counts = block.data
        cosine = counts * history[rows] * target[block.indices]
        block.data = ((cosine * counts / (counts + np.float32(self.shrinkage))) ** self.locality).astype(
            np.float32
        )
        block.data[rows == block.indices] = 0
        block.eliminate_zeros()
        return block if self.neighbours is None else keep_greatest(block, count=self.neighbours)
