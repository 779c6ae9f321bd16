"""Histories of baskets: what each shopper bought together, in order."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ml.dataset import UNKNOWN, Ids, Interactions, Positions


@dataclass(frozen=True, slots=True)
class Baskets:
    """Parallel columns with a row for each item of each basket.

    `shoppers` are positions in `ids`, `ages` the number of the shopper's later baskets (0 for the last
    one), and `positions` those of `items`, UNKNOWN (-1) for an item without one. An item is in a basket once.
    """

    ids: Ids
    items: Ids
    shoppers: NDArray[np.int64]
    ages: NDArray[np.int64]
    positions: Positions

    @classmethod
    def of(
        cls,
        histories: Sequence[tuple[str, Sequence[Sequence[str]]]],
        *,
        items: Ids | None = None,
    ) -> "Baskets":
        """Return histories of (shopper, baskets with the oldest first).

        Positions are those of `items`, by default of all that occur.
        """
        rows = [
            (shopper, len(baskets) - 1 - number, item)
            for shopper, baskets in histories
            for number, basket in enumerate(baskets)
            for item in dict.fromkeys(basket)
        ]
        shoppers, ages, bought = (np.array(column) for column in zip(*rows, strict=True))
        ids, known = Ids.of(shoppers), Ids.of(bought) if items is None else items
        return cls(ids, known, ids.positions(shoppers), ages.astype(np.int64), known.positions(bought))

    def where(self, kept: NDArray[np.bool_]) -> "Baskets":
        """Return these rows, with the same ids."""
        return Baskets(self.ids, self.items, self.shoppers[kept], self.ages[kept], self.positions[kept])

    def of_shoppers(self, chosen: Positions) -> "Baskets":
        """Return the rows of these shoppers, in any order, whose positions are then 0, 1 … as they ascend."""
        ascending = np.unique(chosen)
        places = np.full(len(self.ids), UNKNOWN)
        places[ascending] = np.arange(len(ascending))
        kept = self.where(places[self.shoppers] != UNKNOWN)
        ids = Ids(self.ids.values[ascending])
        return Baskets(ids, self.items, places[kept.shoppers], kept.ages, kept.positions)

    def split_last(self) -> tuple["Baskets", "Baskets"]:
        """Return the histories without the last basket of each shopper, and these last baskets.

        Both have all ids; a shopper with one basket has no history.
        """
        last = self.ages == 0
        earlier = self.where(~last)
        return (
            Baskets(self.ids, self.items, earlier.shoppers, earlier.ages - 1, earlier.positions),
            self.where(last),
        )

    def pairs(self) -> Interactions:
        """Return who bought which of the `items`, without times and repetitions."""
        known = self.where(self.positions != UNKNOWN)
        return Interactions.of_pairs(known.ids.values[known.shoppers], known.items.values[known.positions])

    def weighted(self, weights: NDArray[Any]) -> csr_array:
        """Return the sums of the rows' weights, shoppers × items, float32."""
        known = self.positions != UNKNOWN
        entries = (weights[known].astype(np.float32), (self.shoppers[known], self.positions[known]))
        return csr_array(entries, shape=(len(self.ids), len(self.items)))
