"""What is bought together: products that are in one order with another more often than by chance.

Anyone can place orders as any number of guests. So the orders of accounts decide which pairs are
significant, and guests' orders add to a pair at most as many as theirs: orders of guests alone list nothing,
and those with products that accounts don't buy together move no list.

Source: the test is the log-likelihood ratio of Dunning, Accurate methods for the statistics of surprise and
coincidence, Computational Linguistics 19(1), 1993.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from ml.catalogue import Catalogue
from ml.dataset import Ids, Positions
from ml.lists import NO_PRODUCT, Lists
from ml.models.item_item import keep_greatest, rows_of
from ml.orders import Orders

MADE_BY = "together"
LENGTH = 20
# The products of the largest orders, of resellers, have less to do with each other.
SMALLEST, LARGEST = 2, 100
MAX_ORDERS = 500_000
# The 99.9 % quantile of chi-square with one degree of freedom.
SIGNIFICANT = 10.83
LEAST_BUYERS = 3
# A pair in few orders may be frequent by luck.
SHRINKAGE = 3.0
# That of the cosine is 0.5; a smaller one prefers products that are bought more often.
EXPONENT = 0.4
# Some candidates have too few different buyers.
CANDIDATES = 3 * LENGTH
# 51 MB of marks at a time for 100,000 products.
ITEMS_AT_ONCE = 512
# 32 MB of places at a time.
EXPANDED_AT_ONCE = 4_000_000


def together_lists(orders: Orders, catalogue: Catalogue) -> Lists:
    """Return for each product the products that are bought in one order with it, best first.

    The likelihood ratio of a pair in orders by accounts is at least SIGNIFICANT, and LEAST_BUYERS different
    buyers bought it, of whom guests count at most half. With n orders of both products, of which those of
    guests count at most half, and d orders of a product by accounts, the score is
    n / (d_i · d_j)^EXPONENT · n / (n + SHRINKAGE). Products that can't be bought now are left out.
    """
    baskets = _Baskets.of(orders)
    items = baskets.items
    allowed = catalogue.sellable(items.values)
    pairs = [baskets.pairs(start, allowed=allowed) for start in range(0, len(items), ITEMS_AT_ONCE)]
    return _lists(items, csr_array(vstack(pairs, format="csr")) if pairs else csr_array((0, 0)))


@dataclass(frozen=True, slots=True)
class _Baskets:
    """Orders as rows: `matrix` is 1 for each of their `items`; `buyers` and `by_account` have one entry each.

    A guest who isn't known is another buyer in each order. `by_item` is the transposed matrix, and `degree`
    (items) counts the orders of accounts.
    """

    items: Ids
    matrix: csr_array
    buyers: NDArray[np.int64]
    by_account: NDArray[np.bool_]
    by_item: csr_array
    degree: NDArray[np.float64]

    @classmethod
    def of(cls, orders: Orders) -> "_Baskets":
        """Return the last MAX_ORDERS orders of SMALLEST to LARGEST products."""
        known = _last(orders.of_sizes(SMALLEST, LARGEST))
        items = Ids.of(known.items)
        numbers, first = np.unique(known.orders, return_index=True)
        named, buyers = np.unique(known.buyers[first], return_inverse=True)
        buyers = np.where(known.buyers[first] == b"", len(named) + np.arange(len(numbers)), buyers)
        by_account = known.by_account[first]
        matrix = known.matrix(items)
        degree = np.asarray(matrix[by_account].sum(axis=0), np.float64).ravel()
        return cls(items, matrix, buyers, by_account, csr_array(matrix.T), degree)

    def pairs(self, start: int, *, allowed: NDArray[np.bool_]) -> csr_array:
        """Return the scores of the listed pairs of ITEMS_AT_ONCE items, from `start` on, with all items."""
        rows = csr_array(self.by_item[start : start + ITEMS_AT_ONCE])
        together = csr_array((rows * self.by_account) @ self.matrix)
        together.eliminate_zeros()
        first = rows_of(together)
        kept = allowed[together.indices] & (first + start != together.indices)
        expected = self.degree[first + start], self.degree[together.indices]
        kept &= _surprise(together.data, *expected, total=int(self.by_account.sum())) >= SIGNIFICANT
        together = _only(together, kept)
        guests = _at_places_of(csr_array((rows * ~self.by_account) @ self.matrix), together)
        number = together.data + np.minimum(together.data, guests)
        sizes = self.degree[rows_of(together) + start] * self.degree[together.indices]
        together.data = (number**2 / (number + SHRINKAGE) / sizes**EXPONENT).astype(np.float32)
        candidates = keep_greatest(together, count=CANDIDATES)
        enough = self._different_buyers(rows, candidates) >= LEAST_BUYERS
        return keep_greatest(_only(candidates, enough), count=LENGTH)

    def _different_buyers(self, rows: csr_array, pairs: csr_array) -> NDArray[np.int64]:
        """Return the number of buyers of each pair, of whom guests count at most half.

        `rows` are the orders of the items of the block, `pairs` has one row for each of them.
        """
        wanted = np.zeros(pairs.shape, dtype=bool)
        wanted[rows_of(pairs), pairs.indices] = True
        keys = rows_of(pairs) * pairs.shape[1] + pairs.indices
        ascending = np.argsort(keys)
        total = int(self.buyers.max(initial=0)) + 1
        found: list[NDArray[np.int64]] = [np.array([], np.int64)]
        for item, order, other in self._expanded(rows):
            kept = wanted[item, other]
            place = np.searchsorted(keys[ascending], item[kept] * pairs.shape[1] + other[kept])
            found.append(np.unique(place * total + self.buyers[order[kept]]))
        bought = np.unique(np.concatenate(found))
        is_account = np.zeros(total, dtype=bool)
        is_account[self.buyers] = self.by_account
        place, known = bought // total, is_account[bought % total]
        accounts, guests = (np.bincount(place[one], minlength=len(keys)) for one in (known, ~known))
        numbers = np.empty(len(keys), np.int64)
        numbers[ascending] = accounts + np.minimum(accounts, guests)
        return numbers

    def _expanded(self, rows: csr_array) -> Iterator[tuple[Positions, Positions, Positions]]:
        """Yield, in parts, each item (its row), each of its orders, and each item of that order."""
        item, order = rows_of(rows), rows.indices
        size = np.diff(self.matrix.indptr)[order]
        part = np.cumsum(size) // EXPANDED_AT_ONCE
        for number in np.unique(part):
            chosen = part == number
            reach = size[chosen]
            before = np.cumsum(reach) - reach
            place = np.arange(reach.sum()) - np.repeat(before - self.matrix.indptr[order[chosen]], reach)
            yield np.repeat(item[chosen], reach), np.repeat(order[chosen], reach), self.matrix.indices[place]


def _last(orders: Orders) -> Orders:
    """Return the last MAX_ORDERS orders."""
    numbers, first = np.unique(orders.orders, return_index=True)
    if len(numbers) <= MAX_ORDERS:
        return orders
    latest = np.argsort(orders.times[first], kind="stable")[-MAX_ORDERS:]
    return orders.where(np.isin(orders.orders, numbers[latest]))


def _surprise(
    both: NDArray[np.float32], first: NDArray[np.float64], second: NDArray[np.float64], *, total: int
) -> NDArray[np.float64]:
    """Return the likelihood ratio G² of what is in `both` more often than by chance, else 0.

    `first` and `second` are the orders with each of the two products, out of `total`.
    """
    # Each with what it would be by chance, times the total.
    cells: list[tuple[NDArray[Any], NDArray[np.float64]]] = [
        (both, first * second),
        (first - both, first * (total - second)),
        (second - both, (total - first) * second),
        (total - first - second + both, (total - first) * (total - second)),
    ]
    ratio = np.zeros(len(both))
    for found, chance in cells:
        # A cell without orders adds nothing.
        known = found > 0
        ratio[known] += 2 * found[known] * np.log(found[known] * total / chance[known])
    return np.where(both * total > first * second, ratio, 0)


def _only(pairs: csr_array, kept: NDArray[np.bool_]) -> csr_array:
    """Return the chosen stored values."""
    pointers = np.concatenate(([0], np.cumsum(kept)))[pairs.indptr]
    return csr_array((pairs.data[kept], pairs.indices[kept], pointers), shape=pairs.shape)


def _at_places_of(values: csr_array, pairs: csr_array) -> NDArray[np.float32]:
    """Return the values where `pairs` has stored ones, and 0 where there is none."""
    width = values.shape[1]
    known = rows_of(values) * width + values.indices
    order = np.argsort(known)
    wanted = rows_of(pairs) * width + pairs.indices
    if not len(known):
        return np.zeros(len(wanted), np.float32)
    place = order[np.minimum(np.searchsorted(known[order], wanted), len(known) - 1)]
    return np.where(known[place] == wanted, values.data[place], 0).astype(np.float32)


def _lists(items: Ids, pairs: csr_array) -> Lists:
    """Return the rows as lists; items without pairs have none."""
    rows = rows_of(pairs)
    order = np.lexsort((pairs.indices, -pairs.data, rows))
    place = np.arange(pairs.nnz) - pairs.indptr[rows]
    products = np.full((len(items), LENGTH), NO_PRODUCT, np.int64)
    scores = np.zeros(products.shape, np.float32)
    products[rows, place] = items.values[pairs.indices[order]]
    scores[rows, place] = pairs.data[order]
    filled = np.diff(pairs.indptr) > 0 if len(items) else np.zeros(0, bool)
    because = np.full(products[filled].shape, NO_PRODUCT, np.int64)
    return Lists(items.values[filled].astype(np.int64), products[filled], scores[filled], because)
