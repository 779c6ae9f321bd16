"""What goes with a product: measured on what was bought in one order with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ml.compose import histories_of_one
from ml.contest import Candidate, TimeSplit, training_pairs
from ml.dataset import UNKNOWN, Ids, Interactions, Positions
from ml.intervals import mean_interval
from ml.metrics import hits
from ml.models import Fitted
from ml.models.blend import FittedBlend
from ml.models.product_page import ProductPage
from ml.orders import Orders
from ml.top import blocks, top

K = 10
CONTENT_SHOPPERS = (1.0, 2.0, 5.0, 10.0, 20.0, 40.0, 80.0)
DEFAULT_CONTENT_SHOPPERS = 20.0
MAX_ORDERS = 20_000
# Ranking a page takes time that grows with the catalogue.
MAX_PAGES = 5_000
SEGMENTS: Mapping[str, tuple[int, int]] = {
    "0": (0, 0),
    "1-5": (1, 5),
    "6-20": (6, 20),
    "21-60": (21, 60),
    "61-200": (61, 200),
    "over 200": (201, np.iinfo(np.int64).max),
}
"""Numbers of shoppers from whom the models learned about a product."""


@dataclass(frozen=True, slots=True)
class PageTest:
    """Orders of 2 to 30 products, as a truth for the pages of their products.

    `orders` is orders × items, 1 for each product of the order. `pages` are the items whose pages are tested,
    in ascending order.
    """

    orders: csr_array
    pages: Positions

    @classmethod
    def of(cls, orders: Orders, *, items: Ids) -> "PageTest":
        """Return the test side of the last MAX_ORDERS of these orders, with a sample of at most MAX_PAGES."""
        matrix = orders.of_sizes(2, 30).matrix(items)
        matrix = matrix[np.diff(matrix.indptr) >= 2]
        matrix = csr_array(matrix[max(matrix.shape[0] - MAX_ORDERS, 0) :])
        pages = np.unique(matrix.indices).astype(np.int64)
        if len(pages) > MAX_PAGES:
            pages = np.sort(np.random.default_rng(0).choice(pages, MAX_PAGES, replace=False))
        return cls(matrix, pages)

    def __len__(self) -> int:
        return int(self.orders.shape[0])

    def views(self) -> tuple[Positions, Positions]:
        """Return the order (row) and the item of each page of each order that is tested."""
        rows = np.repeat(np.arange(len(self)), np.diff(self.orders.indptr))
        tested = np.isin(self.orders.indices, self.pages)
        return rows[tested], self.orders.indices[tested].astype(np.int64)

    def recall(self, ranked: Positions) -> NDArray[np.float64]:
        """Return, for each of `views`, the share of the order's other products in the list.

        `ranked` has the lists of `pages`, pages × K, without the page's own product.
        """
        rows, items = self.views()
        found = hits(ranked[np.searchsorted(self.pages, items)], csr_array(self.orders[rows]))
        return np.asarray(found.sum(axis=1) / (np.diff(self.orders.indptr)[rows] - 1))


@dataclass(frozen=True, slots=True)
class Pages:
    """How much the texts decide on product pages, and the measurement behind it; see ProductPage.

    `measured` is empty if there were no orders to measure with.
    """

    content_shoppers: float = DEFAULT_CONTENT_SHOPPERS
    measured: Mapping[str, Any] = field(default_factory=dict)

    def fitted(self, hybrid: Fitted, pairs: Interactions) -> ProductPage:
        """Return the model of product pages from the hybrid's two members, which were fitted to `pairs`.

        Raises:
            TypeError: `hybrid` is no blend.
        """
        if not isinstance(hybrid, FittedBlend):
            raise TypeError(f"product pages need a blend of two models, not {type(hybrid).__name__}")
        collaborative, content = hybrid.members
        return ProductPage(collaborative, content, shoppers_of(pairs), self.content_shoppers)

    def as_dict(self) -> Mapping[str, Any]:
        """Return what is stored in a manifest."""
        return {"content_shoppers": self.content_shoppers, "measured": dict(self.measured)}


def decide(
    hybrid: Candidate, choice: TimeSplit, test: TimeSplit, *, orders: Orders, fitted: Fitted | None = None
) -> Pages:
    """Return the share of content that is best on the orders of `choice`, measured on those of `test`.

    `fitted` is the hybrid as fitted to the training part of `choice`, if the caller has it.
    """
    between = orders.where((orders.times >= choice.split_at) & (orders.times < test.split_at))
    pairs = training_pairs(hybrid, choice.train, choice.catalogue)
    fitted = fitted or hybrid.model.fit(pairs, catalogue=choice.catalogue)
    pages = Pages(choose(fitted, pairs, test=PageTest.of(between, items=pairs.items)))
    pairs = training_pairs(hybrid, test.train, test.catalogue)
    fitted = hybrid.model.fit(pairs, catalogue=test.catalogue)
    later = PageTest.of(orders.where(orders.times >= test.split_at), items=pairs.items)
    if not len(later):
        return pages
    return replace(pages, measured=_compared(pages.fitted(fitted, pairs), later))


def choose(hybrid: Fitted, pairs: Interactions, *, test: PageTest) -> float:
    """Return the number of `content_shoppers` with the greatest recall; the default without orders."""
    if not len(test):
        return DEFAULT_CONTENT_SHOPPERS
    page = Pages().fitted(hybrid, pairs)
    recalls = [test.recall(ranked) for ranked in lists_of(page, test.pages, tried=CONTENT_SHOPPERS)]
    return CONTENT_SHOPPERS[int(np.argmax([found.mean() for found in recalls]))]


def lists_of(page: ProductPage, items: Positions, *, tried: Sequence[float]) -> list[Positions]:
    """Return the K best products for the pages of `items`, for each number of `content_shoppers`.

    With 0, the texts decide nothing. Both models are asked once for all numbers.
    """
    every = histories_of_one(len(page.shoppers))[items]
    found = [np.full((len(items), K), UNKNOWN) for _ in tried]
    for part in blocks(every):
        histories = every[part]
        learned, texts = page.parts(histories)
        for ranked, content_shoppers in zip(found, tried, strict=True):
            scores = replace(page, content_shoppers=content_shoppers).combined(learned, texts, histories)
            # Neither the page's own product nor those about which nothing is known.
            scores[scores <= 0] = -np.inf
            ranked[part] = top(scores, k=K)
    return found


def shoppers_of(pairs: Interactions) -> NDArray[np.int64]:
    """Return how many shoppers have each item."""
    return np.bincount(pairs.matrix.indices, minlength=len(pairs.items))


def summary(measured: Mapping[str, Any]) -> str:
    """Return the figures of `Pages.measured` in a line."""
    interval = f"{measured['low']:+.4f} to {measured['high']:+.4f}"
    return (
        f"Recall@{K} {measured[f'recall@{K}']:.4f} in {measured['orders']} orders, and "
        f"{measured['collaborative']:.4f} without texts (difference {interval})"
    )


def _compared(page: ProductPage, test: PageTest) -> Mapping[str, Any]:
    """Return the recall with and without texts by segment, and the interval of the difference over orders."""
    tried = (page.content_shoppers, 0.0)
    found, without = (test.recall(ranked) for ranked in lists_of(page, test.pages, tried=tried))
    orders, items = test.views()
    numbers = page.shoppers[items]
    segments = {
        name: _difference(found, without, orders, chosen)
        for name, (least, most) in SEGMENTS.items()
        for chosen in [(numbers >= least) & (numbers <= most)]
        if chosen.any()
    }
    everywhere = np.ones(len(found), dtype=bool)
    return {"orders": len(test), **_difference(found, without, orders, everywhere), "segments": segments}


def _difference(
    found: NDArray[np.float64],
    without: NDArray[np.float64],
    orders: NDArray[np.int64],
    chosen: NDArray[np.bool_],
) -> Mapping[str, float]:
    """Return the mean recalls on the chosen pages, and the 95 % interval over orders of the difference."""
    sums = np.bincount(orders[chosen], weights=(found - without)[chosen])
    counts = np.bincount(orders[chosen])
    interval = mean_interval(sums[counts > 0] / counts[counts > 0], confidence=0.95)
    return {
        "pages": int(chosen.sum()),
        f"recall@{K}": float(found[chosen].mean()),
        "collaborative": float(without[chosen].mean()),
        "low": interval.low,
        "high": interval.high,
    }
