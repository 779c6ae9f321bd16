"""Products for the page of a product: from other shoppers where there are enough, else from the texts."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ml.dataset import Scores
from ml.models import Fitted


@dataclass(frozen=True, slots=True)
class ProductPage:
    """The weighted sum of two models' scores of a history, each row divided by its greatest score.

    The share of `content` is c / (c + n) with c = `content_shoppers`, where n of `shoppers` (items) have the
    product: the fewer there are, the less `collaborative` knows of what goes with it.
    """

    name: ClassVar[str] = "product_page"

    collaborative: Fitted
    content: Fitted
    shoppers: NDArray[np.int64]
    content_shoppers: float

    def score(self, histories: csr_array) -> Scores:
        """Return the scores of histories, whose share of content is the mean of their products' shares."""
        return self.combined(*self.parts(histories), histories)

    def parts(self, histories: csr_array) -> tuple[Scores, Scores]:
        """Return both models' scores, users × items, with a greatest score of 1 outside the history."""
        return tuple(_scaled(one.score(histories), histories) for one in (self.collaborative, self.content))  # type: ignore[return-value] # of two

    def combined(self, learned: Scores, texts: Scores, histories: csr_array) -> Scores:
        """Return the sum of the parts of these histories with their shares."""
        known = np.maximum(self.shoppers + self.content_shoppers, 1e-9)
        weights = np.maximum(np.asarray(histories.sum(axis=1)).ravel(), np.float32(1e-9))
        share = np.asarray(histories @ (self.content_shoppers / known)).ravel() / weights
        share = share[:, None].astype(np.float32)
        return np.asarray((1 - share) * learned + share * texts)


def _scaled(scores: Scores, histories: csr_array) -> Scores:
    """Return each row divided by its greatest score outside the history; negative scores become 0."""
    scores = np.maximum(scores, np.float32(0))
    rows = np.repeat(np.arange(histories.shape[0]), np.diff(histories.indptr))
    scores[rows, histories.indices] = 0
    greatest = scores.max(axis=1, initial=0)
    return np.asarray(scores / np.where(greatest > 0, greatest, 1)[:, None])
