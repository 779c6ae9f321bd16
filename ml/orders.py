"""Whole orders: what was bought together."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ml.dataset import UNKNOWN, Ids, fingerprint_of


@dataclass(frozen=True, slots=True)
class Orders:
    """Parallel columns with a row for each product of each order, in any order.

    `times` is datetime64[s] in UTC, when the order was placed. `buyers` are keys of accounts and guests as
    ASCII bytes, empty for a guest who isn't known; `by_account` is true if the buyer has an account.
    """

    orders: NDArray[np.int64]
    items: NDArray[np.int64]
    times: NDArray[np.datetime64]
    buyers: NDArray[np.bytes_]
    by_account: NDArray[np.bool_]

    @classmethod
    def empty(cls) -> "Orders":
        """Return no orders."""
        numbers = np.array([], np.int64)
        times = np.array([], "datetime64[s]")
        return cls(numbers, numbers, times, np.array([], "S1"), np.array([], np.bool_))

    def __len__(self) -> int:
        return len(self.orders)

    def where(self, kept: NDArray[np.bool_]) -> "Orders":
        """Return these rows."""
        return Orders(
            self.orders[kept], self.items[kept], self.times[kept], self.buyers[kept], self.by_account[kept]
        )

    def of_sizes(self, least: int, most: int) -> "Orders":
        """Return the orders with so many different products."""
        _, places, sizes = np.unique(self.orders, return_inverse=True, return_counts=True)
        return self.where((sizes[places] >= least) & (sizes[places] <= most))

    def matrix(self, items: Ids) -> csr_array:
        """Return 1 for each product of each order, orders × items, float32; other products are left out."""
        orders = Ids.of(self.orders)
        rows, columns = orders.positions(self.orders), items.positions(self.items)
        kept = columns != UNKNOWN
        shape = (len(orders), len(items))
        found = csr_array((np.ones(int(kept.sum()), np.float32), (rows[kept], columns[kept])), shape=shape)
        found.sum_duplicates()
        found.data[:] = 1
        return found

    def fingerprint(self) -> str:
        """Return the SHA-256 of the rows, independent of their order, in hexadecimal."""
        return fingerprint_of((self.orders, self.items, self.times, self.buyers, self.by_account))
