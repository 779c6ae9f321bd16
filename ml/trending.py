"""What is bought more than before: buyers of a week against those of four, for `everyone.trending`.

Anyone can place orders as any number of guests and from any network, so only buyers with an account count,
and each of them once: forged guests make no product trend.
"""

import numpy as np
from numpy.typing import NDArray

from ml.catalogue import Catalogue
from ml.dataset import DAY, Ids
from ml.lists import NO_PRODUCT, Lists
from ml.orders import Orders

MADE_BY = "trending"
LENGTH = 50
LATELY, BEFORE = 7 * DAY, 28 * DAY
# Keeps a few buyers more of a rare product below many more of a frequent one.
PRIOR = 5.0
LEAST_BUYERS = 3


def trending_list(orders: Orders, catalogue: Catalogue) -> Lists:
    """Return one list, whose subject is the empty key, of products with more buyers than before, best first.

    The score is (buyers of the last 7 days + PRIOR) / (a quarter of those of the last 28 days + PRIOR), and
    above 1. Buyers are different accounts, at least LEAST_BUYERS lately. The days end with the last order, so
    that an imported history trends, too. Products that can't be bought now are left out; without any product,
    there is no list.
    """
    known = orders.where(orders.by_account)
    if not len(known):
        return _lists(np.array([], np.int64), np.array([], np.float64))
    age = orders.times.max() - known.times
    items = Ids.of(known.items)
    lately, before = (_buyers(known.where(age < days), items) for days in (LATELY, BEFORE))
    scores = (lately + PRIOR) / (before * (LATELY / BEFORE) + PRIOR)
    kept = catalogue.sellable(items.values) & (lately >= LEAST_BUYERS) & (scores > 1)
    order = np.lexsort((items.values[kept], -lately[kept], -scores[kept]))[:LENGTH]
    return _lists(items.values[kept][order], scores[kept][order])


def _buyers(orders: Orders, items: Ids) -> NDArray[np.int64]:
    """Return the number of different buyers of each item."""
    buyers = Ids.of(orders.buyers)
    pairs = np.unique(items.positions(orders.items) * (len(buyers) + 1) + buyers.positions(orders.buyers))
    return np.bincount(pairs // (len(buyers) + 1), minlength=len(items))


def _lists(products: NDArray[np.int64], scores: NDArray[np.float64]) -> Lists:
    row = np.full((1, LENGTH), NO_PRODUCT, np.int64)
    values = np.zeros(row.shape, np.float32)
    row[0, : len(products)], values[0, : len(products)] = products, scores
    filled = slice(0, 1 if len(products) else 0)
    return Lists(np.array([""])[filled], row[filled], values[filled], np.full_like(row, NO_PRODUCT)[filled])
