"""The variants of all products of a snapshot in arrays, for conditions that one variant must satisfy.

tantivy has no nested documents: the fields of a product say which attributes and prices its variants have,
but not which of them belong together. These arrays do.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from indexing.attributes import Spelling
from indexing.facet_search import FacetSearch
from indexing.fields import scaled_price
from indexing.filters import VariantFilters
from indexing.grouping import BRAND
from indexing.mapping import key, parts_of, token
from indexing.ranges import GRID, Limits
from indexing.tantivy.vocabulary import Vocabulary

Mask = NDArray[np.bool_]
Numbers = NDArray[np.int64]

MANY = 8
"""If fewer than one of this many variants matches, their attributes are looked up one variant at a time."""
NO_PRICE = np.iinfo(np.int64).max

_EDGES = np.array([scaled_price(limit) for limit in GRID])


@dataclass(frozen=True)
class VariantTable:
    """Selections (variants with inherited attributes) in rows, by product id, and by price in a product.

    A *value* is an attribute value of a product: an entry says that a row has it.
    """

    vocabulary: Vocabulary
    ids: Numbers
    versions: Numbers
    brand: Numbers
    """The number of each product's brand; -1 for none."""
    product_of_row: Numbers
    """The place of a row's product in `ids`."""
    price: Numbers
    available: Mask
    product_of_value: Numbers
    spelling_of_value: Numbers
    row_of_entry: Numbers
    value_of_entry: Numbers

    @cached_property
    def _key_of_spelling(self) -> Numbers:
        return np.array(self.vocabulary.key_of_spelling, dtype=np.int64)

    @cached_property
    def _key_of_value(self) -> Numbers:
        return self._key_of_spelling[self.spelling_of_value]

    @cached_property
    def _first_row(self) -> Numbers:
        return np.searchsorted(self.product_of_row, np.arange(len(self.ids)))

    @cached_property
    def _first_entry(self) -> Numbers:
        return np.searchsorted(self.row_of_entry, np.arange(len(self.product_of_row) + 1))

    def places(self, product_ids: Sequence[int]) -> Numbers:
        """Return the places of these products, all of which the table has."""
        return np.searchsorted(self.ids, np.array(product_ids, dtype=np.int64))

    def mask(self, places: Numbers) -> Mask:
        """Return a mask of the products at `places`."""
        result = np.zeros(len(self.ids), dtype=bool)
        result[places] = True
        return result

    def rows(self, wanted: VariantFilters, products: Mask | None = None) -> Mask:
        """Return the rows that satisfy `wanted`, of all products or of those in `products`."""
        found = self.available.copy() if wanted.available else np.ones(len(self.price), dtype=bool)
        if products is not None:
            found &= products[self.product_of_row]
        if wanted.lowest is not None:
            found &= self.price >= scaled_price(wanted.lowest)
        if wanted.highest is not None:
            found &= self.price <= scaled_price(wanted.highest)
        for _, keys in wanted.conditions:
            found &= self.rows_with(keys)
        return found

    def rows_with(self, keys: Collection[str]) -> Mask:
        """Return the rows with any of the attribute values."""
        values = self._values(keys)
        found = np.zeros(len(self.price), dtype=bool)
        found[self.row_of_entry[values[self.value_of_entry]]] = True
        return found

    def products(self, rows: Mask) -> Mask:
        """Return the products of which one row is in `rows`."""
        found = np.zeros(len(self.ids), dtype=bool)
        found[self.product_of_row[rows]] = True
        return found

    def products_with(self, keys: Collection[str]) -> Mask:
        """Return the products with any of the attribute values."""
        return self.mask(self.product_of_value[self._values(keys)])

    def _values(self, keys: Collection[str]) -> Mask:
        numbers = self.vocabulary.numbers(keys)
        accepted = np.zeros(len(self.vocabulary.keys), dtype=bool)
        accepted[numbers] = True
        found: Mask = accepted[self._key_of_value]
        return found

    def may_match(self, wanted: VariantFilters) -> Mask:
        """Return the products that `Matching.may_match` matches."""
        everything = VariantFilters()
        found = np.ones(len(self.ids), dtype=bool)
        if wanted.lowest is not None:
            found &= self.products(self.rows(replace(everything, lowest=wanted.lowest)))
        if wanted.highest is not None:
            found &= self.products(self.rows(replace(everything, highest=wanted.highest)))
        for _, keys in wanted.conditions:
            found &= self.products_with(keys)
        return found

    def lowest_prices(self, rows: Mask) -> Numbers:
        """Return the lowest price in `rows` of each product, or NO_PRICE."""
        if not len(self.ids):
            return np.zeros(0, dtype=np.int64)
        return np.minimum.reduceat(np.where(rows, self.price, NO_PRICE), self._first_row)

    def cells(self, rows: Mask) -> list[int]:
        """Return the number of products with a price of `rows` in each cell of `ranges.GRID`."""
        cells, products = self._cell_of_row[rows], self.product_of_row[rows]
        # The rows of a product are in the order of their prices, so those of one cell are adjacent.
        first = np.ones(len(cells), dtype=bool)
        first[1:] = (cells[1:] != cells[:-1]) | (products[1:] != products[:-1])
        counted: list[int] = np.bincount(cells[first], minlength=len(_EDGES) + 1).tolist()
        return counted

    @cached_property
    def _cell_of_row(self) -> Numbers:
        return np.searchsorted(_EDGES, self.price, side="right")

    def within(self, rows: Mask, limits: Limits) -> int:
        """Return the number of products with a price of `rows` in a range."""
        low, high = (None if limit is None else scaled_price(limit) for limit in limits)
        found = rows
        if low is not None:
            found = found & (self.price >= low)
        if high is not None:
            found = found & (self.price < high)
        return int(self.products(found).sum())

    def groups(self, by: str) -> Numbers:
        """Return the number of each product's group by brand, or by an attribute; -1 for none.

        A product with several values of the attribute is in no group (see `indexing.grouping`).
        """
        if by == BRAND:
            return self.brand
        names = np.array(self.vocabulary.name_of_key, dtype=np.int64)[self._key_of_value]
        own = np.flatnonzero(names == self.vocabulary.name(key(by)))
        products = self.product_of_value[own]
        single = np.bincount(products, minlength=len(self.ids))[products] == 1
        found = np.full(len(self.ids), -1, dtype=np.int64)
        found[products[single]] = self._key_of_value[own[single]]
        return found

    def counted(self, rows: Mask) -> "CountedValues":
        """Count the attribute values of `rows`."""
        return self._everything if rows.all() else self._counted(rows)

    @cached_property
    def _everything(self) -> "CountedValues":
        return self._counted(np.ones(len(self.price), dtype=bool))

    def _counted(self, rows: Mask) -> "CountedValues":
        entries = self._entries(rows)
        values = self.value_of_entry[entries]
        present = np.zeros(len(self.product_of_value), dtype=bool)
        present[values] = True
        keys = np.bincount(self._key_of_value[present], minlength=len(self.vocabulary.keys))
        spellings = np.bincount(self.spelling_of_value[values], minlength=len(self.vocabulary.spellings))
        return CountedValues(self.vocabulary, keys, spellings)

    def spelling_counts(self) -> list[tuple[str, int]]:
        """Return the tokens of attributes as written, with their numbers of products."""
        counts = np.bincount(self.spelling_of_value)
        spellings = self.vocabulary.spellings
        return [(token(*spellings[each]), int(counts[each])) for each in np.flatnonzero(counts).tolist()]

    def _entries(self, rows: Mask) -> Mask | Numbers:
        found = np.flatnonzero(rows)
        if len(found) * MANY > len(rows):
            mask: Mask = rows[self.row_of_entry]
            return mask
        starts = self._first_entry[found]
        lengths = self._first_entry[found + 1] - starts
        offsets = np.repeat(starts - np.concatenate(([0], lengths.cumsum()[:-1])), lengths)
        return np.arange(lengths.sum()) + offsets


@dataclass(frozen=True)
class CountedValues:
    """How many products have each attribute value, and how many variants each spelling."""

    vocabulary: Vocabulary
    keys: Numbers
    spellings: Numbers

    @cached_property
    def _name_of_key(self) -> Numbers:
        return np.array(self.vocabulary.name_of_key[: len(self.keys)], dtype=np.int64)

    def top(self, limit: int) -> dict[str, int]:
        """Return the `limit` keys of the most products."""
        return self._top(self.keys, limit)

    def top_of(self, name_key: str, limit: int) -> dict[str, int]:
        """Return the `limit` keys of the most products among those of one attribute."""
        return self._top(np.where(self._name_of_key == self.vocabulary.name(name_key), self.keys, 0), limit)

    def all_of(self, name_key: str) -> dict[str, int]:
        """Return the keys of one attribute."""
        return self.top_of(name_key, len(self.keys))

    def found(self, name_key: str, wanted: FacetSearch) -> dict[str, int]:
        """Return the keys of one attribute whose values `wanted` finds."""
        return {
            each: count for each, count in self.all_of(name_key).items() if wanted.finds(parts_of(each)[1])
        }

    def of(self, keys: Collection[str]) -> dict[str, int]:
        """Return the numbers of products of these keys."""
        known = {self.vocabulary.keys[number]: int(self.keys[number]) for number in self._numbers(keys)}
        return dict.fromkeys(keys, 0) | known

    def _numbers(self, keys: Collection[str]) -> list[int]:
        """Return the numbers of `keys`, except those that were added after these were counted."""
        return [number for number in self.vocabulary.numbers(keys) if number < len(self.keys)]

    def _top(self, counts: Numbers, limit: int) -> dict[str, int]:
        filled = np.flatnonzero(counts)
        if len(filled) > limit:
            least = np.partition(counts[filled], -limit)[-limit]
            filled = filled[counts[filled] >= least]
        keys = self.vocabulary.keys
        found = [(keys[number], int(counts[number])) for number in filled.tolist()]
        found.sort(key=lambda each: (-each[1], each[0]))
        return dict(found[:limit])

    def spellings_of(self, keys: Collection[str]) -> dict[Spelling, int]:
        """Return the spellings of `keys`, with their numbers of variants."""
        wanted = np.zeros(len(self.keys), dtype=bool)
        wanted[self._numbers(keys)] = True
        of_spelling = np.array(self.vocabulary.key_of_spelling[: len(self.spellings)], dtype=np.int64)
        found = np.flatnonzero(wanted[of_spelling] & (self.spellings > 0))
        return {self.vocabulary.spellings[number]: int(self.spellings[number]) for number in found.tolist()}
