"""Read one generation while another process may be writing it."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tantivy import (
    DocAddress,
    FieldType,
    Filter,
    Index,
    Occur,
    Order,
    Query,
    Searcher,
    SearchResult,
    TextAnalyzerBuilder,
    Tokenizer,
)

from indexing.document import ProductDocument, SuggestedProduct, decoded
from indexing.errors import IndexCorrupt
from indexing.fields import CURRENCY
from indexing.filters import Filters, VariantFilters
from indexing.planning.plan import FIELD_BOOSTS
from indexing.request import SearchRequest
from indexing.schema import IndexSchema
from indexing.suggestions.typed import Typed
from indexing.tantivy.matching import Matching, all_of
from indexing.tantivy.schema import register_analyzers
from indexing.tantivy.variant_reading import VariantTables
from indexing.tantivy.variants import Mask, Numbers, VariantTable

if TYPE_CHECKING:
    from indexing.tantivy.vectors import StoredVectors, VectorReader

_stemmer = TextAnalyzerBuilder(Tokenizer.raw()).filter(Filter.stemmer("english")).build()


@contextmanager
def reading(generation: str) -> Iterator[None]:
    """Translate tantivy's panics because of damaged files to IndexCorrupt.

    A panic is a BaseException whose class no module exports, so it is recognised by the class name.
    """
    try:
        yield
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise IndexCorrupt(generation, str(error)) from error


def stem(word: str) -> str:
    """Return the stem of `word` as text fields of versions 1 and 2 contain it."""
    return _stemmer.analyze(word)[0]


def whole_numbers(searcher: Searcher, name: str, addresses: Sequence[DocAddress]) -> list[int]:
    """Return the values of an integer field that every document has."""
    return [int(value or 0) for value in searcher.fast_field_values(name, list(addresses))]


KNOWN_QUERIES = 100
"""Filters on variants whose queries a snapshot keeps; each facet of a request needs them."""


@dataclass(frozen=True)
class Snapshot:
    """A generation as of one commit, so that several searches see the same products."""

    generation: str
    index: Index
    searcher: Searcher
    matching: Matching = field(repr=False)
    tables: VariantTables = field(repr=False)
    """The tables of variants of this generation."""
    _with_variants: dict[object, Query] = field(init=False, repr=False, default_factory=dict)
    """Queries for products of which one variant satisfies certain filters."""
    suggested: dict[tuple[Typed, int], tuple[SuggestedProduct, ...]] = field(
        init=False, repr=False, default_factory=dict
    )
    """Suggested products by what was typed and their greatest number; see `suggesting.py`."""
    vector_reader: "VectorReader | None" = None

    @property
    def vectors(self) -> "StoredVectors | None":
        """The vectors of the generation; None if it was built without an encoder."""
        reader = self.vector_reader
        return None if reader is None else reader.at(self.searcher, self.index.schema)

    def count(self, query: Query) -> int:
        """Return how many products match."""
        result = self.searcher.search(query, 1, count=True)
        found: int = result.count  # type: ignore[attr-defined] # missing in the stub
        return found

    def documents(self, addresses: Sequence[DocAddress]) -> list[ProductDocument]:
        """Return the stored products, in the order of `addresses`."""
        return [decoded(self.searcher.doc(address)["document"][0]) for address in addresses]

    def ids(self, addresses: Sequence[DocAddress]) -> list[int]:
        """Return the product ids, in the order of `addresses`."""
        return whole_numbers(self.searcher, "id", addresses)

    def ids_above(self, product_id: int, *, limit: int) -> list[int]:
        """Return up to `limit` ids of products above `product_id`, in ascending order."""
        above = Query.range_query(
            self.index.schema, "id", FieldType.Unsigned, product_id, None, include_lower=False
        )
        found = self.searcher.search(
            self.matching_all(above), limit, count=False, order_by_field="id", order=Order.Asc
        )
        return self.ids([address for _, address in found.hits])

    def live(self) -> tuple[Numbers, Numbers, Sequence[DocAddress]]:
        """Return the id, the version and the address of every product."""
        addresses: list[DocAddress] = []
        if self.searcher.num_docs:
            found = self.searcher.search(self.matching.live(), self.searcher.num_docs, count=False).hits
            addresses = [address for _, address in found]
        ids, versions = (
            np.array(self.searcher.fast_field_values(name, addresses), dtype=np.int64)
            for name in ("id", "version")
        )
        return ids, versions, addresses

    def matched(self, query: Query) -> Mask:
        """Return a mask of the products that match, in the order of the table of variants."""
        half = len(self.variants.ids) // 2
        found = self.searcher.search(query, half + 1, count=True)
        if found.count <= half + 1:  # type: ignore[attr-defined] # missing in the stub
            return self._mask_of(found)
        # Reading the ids of hits takes longer than the search.
        others = Query.boolean_query([(Occur.Must, self.matching.live()), (Occur.MustNot, query)])
        return ~self._mask_of(self.searcher.search(others, half + 1, count=False))

    def _mask_of(self, found: SearchResult) -> Mask:
        return self.variants.mask(self.variants.places(self.ids([address for _, address in found.hits])))

    @cached_property
    def variants(self) -> VariantTable:
        """The variants of all products."""
        return self.tables.of(self)

    @cached_property
    def currencies(self) -> dict[str, int]:
        """The numbers of products by currency; empty if the schema has no such field."""
        if not self.matching.fields.has(CURRENCY):
            return {}
        live = self.matching.live()
        return dict(self.searcher.terms_with_prefix(CURRENCY, "", filter_query=live))

    def with_numbers(self, request: SearchRequest) -> SearchRequest:
        """Return a request with the values within its limits of attributes."""
        if not request.unread_limits():
            return request
        decimal_comma = self.matching.fields.analysis.language.decimal_comma
        return request.with_values(self.variants.vocabulary.keys_of, decimal_comma=decimal_comma)

    def filters(self, filters: Filters) -> list[Query]:
        """Return the queries that a product must match."""
        queries = self.matching.product_filters(filters)
        wanted = filters.of_variant()
        if not wanted.narrow:
            return queries
        conditions = tuple(sorted((name, tuple(sorted(keys))) for name, keys in wanted.conditions))
        known = conditions, wanted.lowest, wanted.highest, wanted.available
        query = self._with_variants.get(known)
        if query is None:
            query = self._with_variant(wanted)
            if len(self._with_variants) >= KNOWN_QUERIES:
                # Another thread may do the same meanwhile.
                self._with_variants.clear()
            self._with_variants[known] = query
        return [*queries, query]

    def _with_variant(self, wanted: VariantFilters) -> Query:
        """Match the products of which one variant satisfies all of `wanted`.

        Usually few products satisfy each condition, but with different variants: they are excluded by id.
        """
        table = self.variants
        exact = table.products(table.rows(wanted))
        candidates = self.matching.may_match(wanted)
        if candidates is not None:
            excluded = table.may_match(wanted) & ~exact
            if excluded.sum() <= exact.sum():
                others = self.matching.products(table.ids[excluded].tolist())
                return Query.boolean_query([(Occur.Must, candidates), (Occur.MustNot, others)])
        return self.matching.products(table.ids[exact].tolist())

    def products_with(self, forms: Sequence[str]) -> dict[str, int]:
        """Return for each form how many products have it, or another form of the word, in one field."""
        return {form: max(self._documents(name, form) for name in FIELD_BOOSTS) for form in forms}

    def products_with_codes(self, codes: Sequence[str]) -> dict[str, int]:
        """Return how many products have one of the first 50 codes that begin with each of these."""
        return {code: self.count(self.matching_all(self.matching.code_begun(code))) for code in codes}

    def _documents(self, name: str, word: str) -> int:
        found: int = self.searcher.doc_freq(self.matching.fields.field(name).name, self.matching.stem(word))
        return found

    def values(self, name: str) -> list[tuple[str, int]]:
        """Return the values of an exact field with their numbers of products."""
        found: list[tuple[str, int]] = self.searcher.terms_with_prefix(
            name, "", filter_query=self.matching.live()
        )
        return found

    def matching_all(self, *queries: Query) -> Query:
        """Match the products that match every one of `queries`."""
        return all_of(self.matching.live(), *queries)


def _vector_reader(folder: Path, schema: IndexSchema) -> "VectorReader | None":
    if schema.encoder is None:
        return None
    from indexing.tantivy.vectors import VectorReader  # noqa: PLC0415 (needs the extra `semantic`)

    return VectorReader(folder, identity=schema.encoder)


class Reader:
    """The newest snapshot of one generation; threads may share it."""

    def __init__(self, path: Path, *, generation: str, schema: IndexSchema) -> None:
        """Open the index in `path`, a generation of `schema`.

        Raises:
            IndexCorrupt: the index is damaged.
        """
        self._path = path
        self._schema = schema
        self._generation = generation
        self._lock = threading.Lock()
        self._state: object = None
        self._snapshot = self._open()

    def snapshot(self) -> Snapshot:
        """Return the generation as of its last commit by any process.

        Raises:
            IndexCorrupt: the index is damaged.
        """
        state = self._committed_state()
        if state != self._state:
            with self._lock:
                if state != self._state:
                    self._snapshot = self._reloaded()
                    self._state = state
        return self._snapshot

    def _committed_state(self) -> object:
        try:
            status = (self._path / "meta.json").stat()
        except OSError as error:
            raise IndexCorrupt(self._generation, str(error)) from error
        return status.st_ino, status.st_mtime_ns, status.st_size

    def _open(self) -> Snapshot:
        self._state = self._committed_state()
        try:
            with reading(self._generation):
                index = Index.open(str(self._path))
                register_analyzers(index)
                index.config_reader("manual")
                index.reload()
                matching = Matching(index.schema, stem, fields=self._schema)
                vectors = _vector_reader(self._path.parent, self._schema)
                return Snapshot(self._generation, index, index.searcher(), matching, VariantTables(), vectors)
        except ValueError as error:
            raise IndexCorrupt(self._generation, str(error)) from error

    def _reloaded(self) -> Snapshot:
        old = self._snapshot
        try:
            with reading(self._generation):
                old.index.reload()
                return replace(old, searcher=old.index.searcher())
        except ValueError as error:
            raise IndexCorrupt(self._generation, str(error)) from error
