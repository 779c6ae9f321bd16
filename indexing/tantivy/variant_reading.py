"""Keep the table of variants equal to the newest snapshot: only changed documents are read again."""

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from decimal import Decimal
from operator import attrgetter
from typing import Protocol

import msgspec
import numpy as np
from tantivy import DocAddress, Searcher

from indexing.fields import scaled_price
from indexing.tantivy.variants import Mask, Numbers, VariantTable
from indexing.tantivy.vocabulary import Vocabulary


class StoredVariant(msgspec.Struct, frozen=True):
    """What the table needs of a variant."""

    sale_price: Decimal
    available: int
    attributes: dict[str, str] = {}


class StoredProduct(msgspec.Struct, frozen=True):
    """What the table needs of a product document."""

    id: int
    brand: str
    sale_price: Decimal
    attributes: dict[str, str]
    variants: tuple[StoredVariant, ...]


_decode = msgspec.json.Decoder(StoredProduct).decode


class LiveDocuments(Protocol):
    """The products of a snapshot."""

    @property
    def searcher(self) -> Searcher: ...

    def live(self) -> tuple[Numbers, Numbers, Sequence[DocAddress]]:
        """Return the id, the version and the address of every product."""
        ...


@dataclass
class _Columns:
    """The columns of a table while documents are read; see VariantTable."""

    ids: list[int] = field(default_factory=list)
    versions: list[int] = field(default_factory=list)
    brand: list[int] = field(default_factory=list)
    product_of_row: list[int] = field(default_factory=list)
    price: list[int] = field(default_factory=list)
    available: list[bool] = field(default_factory=list)
    product_of_value: list[int] = field(default_factory=list)
    spelling_of_value: list[int] = field(default_factory=list)
    row_of_entry: list[int] = field(default_factory=list)
    value_of_entry: list[int] = field(default_factory=list)

    def add(self, product: StoredProduct, version: int, vocabulary: Vocabulary) -> None:
        """Add a product with its selections."""
        place = len(self.ids)
        self.ids.append(product.id)
        self.versions.append(version)
        self.brand.append(vocabulary.brand(product.brand))
        values: dict[int, int] = {}
        sold_out = StoredVariant(product.sale_price, 0)
        for variant in sorted(product.variants or (sold_out,), key=attrgetter("sale_price")):
            row = len(self.price)
            self.product_of_row.append(place)
            self.price.append(scaled_price(variant.sale_price))
            self.available.append(variant.available > 0)
            for spelling in _spellings({**product.attributes, **variant.attributes}, vocabulary):
                found = vocabulary.key_of_spelling[spelling]
                if found not in values:
                    values[found] = len(self.product_of_value)
                    self.product_of_value.append(place)
                    self.spelling_of_value.append(spelling)
                self.row_of_entry.append(row)
                self.value_of_entry.append(values[found])

    def table(self, vocabulary: Vocabulary) -> VariantTable:
        """Return the table."""
        columns = {each.name: np.array(getattr(self, each.name), dtype=np.int64) for each in fields(self)}
        available = np.array(self.available, dtype=bool)
        return VariantTable(vocabulary, **{**columns, "available": available})


def _spellings(attributes: Mapping[str, str], vocabulary: Vocabulary) -> Iterable[int]:
    """Return the spellings of the attributes; of names that differ only by case, the last one counts."""
    numbers = [vocabulary.spelling(each) for each in attributes.items()]
    by_name = {
        vocabulary.name_of_key[vocabulary.key_of_spelling[number]]: number
        for number in numbers
        if number is not None
    }
    return by_name.values()


class VariantTables:
    """The table of the newest snapshot of one generation; threads may share it."""

    def __init__(self) -> None:
        """Begin with an empty table."""
        self._lock = threading.Lock()
        self._vocabulary = Vocabulary()
        self._table = _Columns().table(self._vocabulary)

    def of(self, snapshot: LiveDocuments) -> VariantTable:
        """Return the table of `snapshot`."""
        with self._lock:
            self._table = self._refreshed(snapshot)
            return self._table

    def _refreshed(self, snapshot: LiveDocuments) -> VariantTable:
        ids, versions, addresses = snapshot.live()
        unchanged, kept = _compared(self._table, ids=ids, versions=versions)
        if unchanged.all() and kept.all():
            return self._table
        columns = _Columns()
        for place in np.flatnonzero(~unchanged).tolist():
            stored = snapshot.searcher.doc(addresses[place])["document"][0]
            columns.add(_decode(stored), int(versions[place]), self._vocabulary)
        return _joined(_restricted(self._table, kept), columns.table(self._vocabulary))


def _compared(table: VariantTable, *, ids: Numbers, versions: Numbers) -> tuple[Mask, Mask]:
    """Return which of the documents `table` has as they are, and which products of `table` those are."""
    kept = np.zeros(len(table.ids), dtype=bool)
    if not len(table.ids):
        return np.zeros(len(ids), dtype=bool), kept
    places = np.minimum(np.searchsorted(table.ids, ids), len(table.ids) - 1)
    unchanged: Mask = (table.ids[places] == ids) & (table.versions[places] == versions)
    kept[places[unchanged]] = True
    return unchanged, kept


def _restricted(table: VariantTable, kept: np.ndarray) -> VariantTable:
    """Return `table` with the products in the mask `kept`."""
    if kept.all():
        return table
    rows, values = kept[table.product_of_row], kept[table.product_of_value]
    entries = rows[table.row_of_entry]
    products, places = kept.cumsum() - 1, rows.cumsum() - 1
    return VariantTable(
        table.vocabulary,
        ids=table.ids[kept],
        versions=table.versions[kept],
        brand=table.brand[kept],
        product_of_row=products[table.product_of_row[rows]],
        price=table.price[rows],
        available=table.available[rows],
        product_of_value=products[table.product_of_value[values]],
        spelling_of_value=table.spelling_of_value[values],
        row_of_entry=places[table.row_of_entry[entries]],
        value_of_entry=(values.cumsum() - 1)[table.value_of_entry[entries]],
    )


def _joined(first: VariantTable, second: VariantTable) -> VariantTable:
    """Return a table with the products of both, ordered by id."""
    ids = np.concatenate((first.ids, second.ids))
    order = np.argsort(ids, kind="stable")
    product_of_row = _shifted(first.product_of_row, second.product_of_row, by=len(first.ids))
    place = _inverse(order)
    rows = np.argsort(place[product_of_row], kind="stable")
    row_place = _inverse(rows)
    row_of_entry = row_place[_shifted(first.row_of_entry, second.row_of_entry, by=len(first.price))]
    entries = np.argsort(row_of_entry, kind="stable")
    values = _shifted(first.value_of_entry, second.value_of_entry, by=len(first.product_of_value))
    product_of_value = _shifted(first.product_of_value, second.product_of_value, by=len(first.ids))
    return VariantTable(
        first.vocabulary,
        ids=ids[order],
        versions=np.concatenate((first.versions, second.versions))[order],
        brand=np.concatenate((first.brand, second.brand))[order],
        product_of_row=place[product_of_row][rows],
        price=np.concatenate((first.price, second.price))[rows],
        available=np.concatenate((first.available, second.available))[rows],
        product_of_value=place[product_of_value],
        spelling_of_value=np.concatenate((first.spelling_of_value, second.spelling_of_value)),
        row_of_entry=row_of_entry[entries],
        value_of_entry=values[entries],
    )


def _shifted(first: Numbers, second: Numbers, *, by: int) -> Numbers:
    return np.concatenate((first, second + by))


def _inverse(order: Numbers) -> Numbers:
    result = np.empty_like(order)
    result[order] = np.arange(len(order))
    return result
