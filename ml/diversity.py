"""Diversity of a list: products like those above them come later.

A list is built greedily (Carbonell and Goldstein, The use of MMR, SIGIR 1998): the next product is the one
with the greatest (1 - share) · score - share · similarity, where the similarity is the greatest one to the
products above it. It has three levels only (same family, same category, neither), so that one number a
product and a heap of them suffice. Web processes use this module; it needs neither NumPy nor vectors.
"""

import heapq
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ml.packed import Mapped

KINDS = "kinds"
"""The name of a version's arrays `products`, `families` and `categories` (`ml.families`)."""
SAME_FAMILY, SAME_CATEGORY = 1.0, 0.3
MAX_OF_FAMILY = 4
"""So many products of a family are in the first places of a list, whatever their scores."""
FIRST = 10
NONE = 0
"""The family of products without a title, and the category of those without one, which are like no other."""

Kind = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Kinds:
    """The family and the category of each product, as numbers; `products` are ids in ascending order."""

    products: Sequence[int] = ()
    families: Sequence[int] = ()
    categories: Sequence[int] = ()

    @classmethod
    def of(cls, mapped: "Mapping[str, Mapped]") -> "Kinds":
        """Return them from the arrays KINDS of a version."""
        return cls(*(mapped[name].values for name in ("products", "families", "categories")))

    def of_products(self, products: Iterable[int]) -> list[Kind]:
        """Return family and category of each product; NONE for products that the version doesn't have."""
        ids, end = self.products, len(self.products)
        found = []
        for product in products:
            place = bisect_left(ids, product)
            known = place < end and ids[place] == product
            found.append((self.families[place], self.categories[place]) if known else (NONE, NONE))
        return found


def diversified(scores: Sequence[float], kinds: Sequence[Kind], *, share: float) -> list[int]:
    """Return the positions of the candidates in their new order.

    `scores` are above 0, with the best first, and are divided by the first one. `share` is from 0 (by score
    alone) to 1. Of one family, at most MAX_OF_FAMILY are among the FIRST places, as long as there are others.
    """
    if share <= 0 or not scores:
        return list(range(len(scores)))
    scale = (1 - share) / scores[0]
    by_family, by_category = share * SAME_FAMILY, share * SAME_CATEGORY
    # Without a penalty the values are in order, which is a heap.
    heap = [(-score * scale, place, 0.0) for place, score in enumerate(scores)]
    heapq.heapify(heap)
    families: dict[int, int] = {}
    categories: set[int] = set()
    chosen: list[int] = []
    late: list[tuple[float, int, float]] = []
    while heap:
        value, place, paid = heap[0]
        family, category = kinds[place]
        count = families.get(family, 0)
        penalty = by_family if count else by_category if category in categories else 0.0
        if penalty > paid:
            # Penalties only grow, so a value that is up to date and first is the greatest of all.
            heapq.heapreplace(heap, (value + penalty - paid, place, penalty))
            continue
        heapq.heappop(heap)
        if count >= MAX_OF_FAMILY and len(chosen) < FIRST:
            late.append((value, place, paid))
            continue
        chosen.append(place)
        if len(chosen) == FIRST and late:
            for one in late:
                heapq.heappush(heap, one)
        if family != NONE:
            families[family] = count + 1
        if category != NONE:
            categories.add(category)
    if len(chosen) < FIRST:
        chosen += [place for _, place, _ in sorted(late)]
    return chosen
