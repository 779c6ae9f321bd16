"""Ranked lists of products as arrays, which make up the artefact of a version."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

NO_PRODUCT = 0


@dataclass(frozen=True, slots=True)
class Lists:
    """One list for each of `subjects` (n): shopper keys or product ids.

    `products` (n × length, int64) is padded with NO_PRODUCT (0) if a list is shorter; `scores` (n × length,
    float32) are comparable within a list only; `because` (n × length) is the product of the subject's history
    that contributes most to the recommendation, or NO_PRODUCT if none does.
    """

    subjects: NDArray[Any]
    products: NDArray[np.int64]
    scores: NDArray[np.float32]
    because: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.subjects)
