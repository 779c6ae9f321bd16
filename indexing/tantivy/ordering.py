"""The hits of a query in an order, which doesn't depend on the positions of documents in the index.

tantivy breaks ties by these positions, which change with every merge.
"""

from collections.abc import Sequence

import numpy as np
from tantivy import DocAddress, Query

from indexing.page import Hit
from indexing.request import BY_PRICE, MAX_DEPTH, SearchRequest, Sort, order_of_properties
from indexing.tantivy.reader import Snapshot
from indexing.tantivy.variants import Numbers

WINDOW_GROWTH = 64
"""A search for more hits takes about as long as one for fewer, so that few searches find all ties.

The hits of one search after the other are 21, 1,344 and 10,000 for a page of 20.
"""

Ranked = list[tuple[float, int, DocAddress]]
"""Negative score, product and address of each hit, best first."""


def by_score(snapshot: Snapshot, query: Query, end: int, *, factor: str | None) -> tuple[int, Ranked]:
    """Return the number of hits, and the best `end`, by (negative) score, then id.

    `factor` is the field that scores are multiplied by.
    """
    window = end + 1
    while True:
        # Every match is scored in any case, so that counting them here saves a search.
        found = snapshot.searcher.search(query, window, count=True, weight_by_field=factor)
        hits = found.hits
        keys = -np.round([score for score, _ in hits], 4)
        if len(hits) < window or window >= MAX_DEPTH or keys[end - 1] != keys[-1]:
            break
        window = min(window * WINDOW_GROWTH, MAX_DEPTH)
    count: int = found.count  # type: ignore[attr-defined] # missing in the stub
    if len(hits) > end:
        keys = keys[: np.searchsorted(keys, keys[end - 1], side="right")]
    addresses = [address for _, address in hits[: len(keys)]]
    ids = np.array(snapshot.ids(addresses), dtype=np.int64)
    order = np.lexsort((ids, keys))[:end].tolist()
    return count, [(float(keys[place]), int(ids[place]), addresses[place]) for place in order]


def page_in_order(snapshot: Snapshot, query: Query, request: SearchRequest) -> tuple[Hit, ...]:
    start, end = request.arrangement.start, request.arrangement.end
    if _is_by_price_of_variant(request):
        return hits_of(snapshot, _by_price_of_variant(snapshot, query, request)[start:end].tolist())
    order = {"size": end, "sort": _order(snapshot, request.sort), "docvalue_fields": ["id"]}
    found = snapshot.searcher.aggregate(query, {"hits": {"top_hits": order}})
    ids = [hit["docvalue_fields"]["id"][0] for hit in found["hits"]["hits"][start:]]
    return hits_of(snapshot, ids)


def all_in_order(snapshot: Snapshot, query: Query, request: SearchRequest) -> list[int]:
    if _is_by_price_of_variant(request):
        ids: list[int] = _by_price_of_variant(snapshot, query, request).tolist()
        return ids
    return _in_order(snapshot, query, request)


def _is_by_price_of_variant(request: SearchRequest) -> bool:
    wanted = request.filters.of_variant()
    return request.sort in BY_PRICE and (wanted.narrow or wanted.available)


def _by_price_of_variant(snapshot: Snapshot, query: Query, request: SearchRequest) -> Numbers:
    """Return ids in the order of the price that is shown, that of the cheapest variant that matches."""
    table = snapshot.variants
    prices = table.lowest_prices(table.rows(request.filters.of_variant()))
    places = np.flatnonzero(snapshot.matched(query))
    descending = request.sort is Sort.PRICE_HIGH
    order = np.lexsort((table.ids[places], -prices[places] if descending else prices[places]))
    ids: Numbers = table.ids[places[order]]
    return ids


def hits_of(snapshot: Snapshot, ids: Sequence[int]) -> tuple[Hit, ...]:
    products = {product.id: product for product in snapshot.documents(_addresses(snapshot, ids))}
    return tuple(Hit(products[product_id], 0.0) for product_id in ids)


def _addresses(snapshot: Snapshot, ids: Sequence[int]) -> list[DocAddress]:
    if not ids:
        return []
    wanted = Query.term_set_query(snapshot.index.schema, "id", list(ids))
    return [address for _, address in snapshot.searcher.search(wanted, len(ids), count=False).hits]


def _order(snapshot: Snapshot, sort: Sort) -> list[dict[str, str]]:
    fields = snapshot.matching.fields
    return [
        {fields.field(name.removeprefix("-")).name: "desc" if name.startswith("-") else "asc"}
        for name in order_of_properties(sort, has=fields.has)
    ]


def _in_order(snapshot: Snapshot, query: Query, request: SearchRequest) -> list[int]:
    """Return the ids of all hits in the order of a request without scores."""
    searcher = snapshot.searcher
    if not searcher.num_docs:
        return []
    addresses = [each for _, each in searcher.search(query, searcher.num_docs, count=False).hits]
    names = order_of_properties(request.sort, has=snapshot.matching.fields.has)
    columns = [_column(snapshot, name, addresses) for name in names]
    # The last key of a lexsort is the first to decide.
    order = np.lexsort(columns[::-1])
    ids: list[int] = np.array(snapshot.ids(addresses), dtype=np.int64)[order].tolist()
    return ids


def _column(snapshot: Snapshot, name: str, addresses: list[DocAddress]) -> np.ndarray:
    field = snapshot.matching.fields.field(name.removeprefix("-")).name
    values = np.array(snapshot.searcher.fast_field_values(field, addresses))
    return -values if name.startswith("-") else values
