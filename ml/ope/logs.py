"""Logged lists: what was shown where, with which probability, and what it led to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.lists import NO_PRODUCT

PRECISION = 1e-6


class InvalidPropensities(ValueError):
    """A probability of a position is not above 0 and at most 1, or the columns have different shapes."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the logged lists can't be used: {reason}")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class LoggedLists:
    """Lists that were shown, one a row (n × places), padded with NO_PRODUCT (0).

    `shoppers` (n) are the subjects of the lists; the lists of one shopper are not independent. `propensities`
    (float64) are the probabilities with which the log's policy showed the product at this position, given the
    products of the list. `rewards` (float64) are what the product led to: 1 if it was clicked, or revenue.

    Raises:
        InvalidPropensities: a probability is out of bounds, or the shapes differ.
    """

    shoppers: NDArray[Any]
    products: NDArray[np.int64]
    propensities: NDArray[np.float64]
    rewards: NDArray[np.float64]

    def __post_init__(self) -> None:
        shapes = {self.products.shape, self.propensities.shape, self.rewards.shape}
        if len(shapes) != 1 or len(self.shoppers) != len(self.products):
            raise InvalidPropensities(f"their columns have the shapes {sorted(shapes)}")
        shown = self.propensities[self.shown]
        if not (np.isfinite(shown) & (shown > 0) & (shown <= 1 + PRECISION)).all():
            raise InvalidPropensities("a product has a propensity that isn't above 0 and at most 1")

    def __len__(self) -> int:
        return len(self.products)

    @property
    def shown(self) -> NDArray[np.bool_]:
        """Whether a place of a list has a product; n × places."""
        return np.asarray(self.products != NO_PRODUCT)

    @classmethod
    def of_rows(
        cls,
        shoppers: Sequence[object],
        products: Sequence[Sequence[int]],
        propensities: Sequence[Sequence[float]],
        rewards: Sequence[Sequence[float]],
    ) -> "LoggedLists":
        """Return the lists of parallel rows of any lengths.

        Raises:
            InvalidPropensities: the parts of a row have different lengths, or a probability is out of bounds.
        """
        lengths = np.array([len(row) for row in products], np.int64)
        for rows in (propensities, rewards):
            if not np.array_equal(lengths, np.array([len(row) for row in rows], np.int64)):
                raise InvalidPropensities("a list has more or fewer values than products")
        return cls(
            np.asarray(shoppers),
            _padded(products, lengths, np.int64),
            _padded(propensities, lengths, np.float64),
            _padded(rewards, lengths, np.float64),
        )

    def where(self, kept: NDArray[np.bool_]) -> "LoggedLists":
        return LoggedLists(
            self.shoppers[kept], self.products[kept], self.propensities[kept], self.rewards[kept]
        )


def _padded(rows: Sequence[Sequence[float]], lengths: NDArray[np.int64], type_: Any) -> NDArray[Any]:
    padded = np.zeros((len(rows), int(lengths.max(initial=0))), type_)
    padded[np.arange(padded.shape[1]) < lengths[:, None]] = np.concatenate(rows) if len(rows) else []
    return padded
