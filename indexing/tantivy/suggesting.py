"""Suggest products from one snapshot."""

import re
from collections.abc import Sequence

import msgspec
from tantivy import DocAddress, FieldType, Order, Query

from indexing.document import SuggestedProduct
from indexing.fields import VOCABULARY, WEIGHT
from indexing.suggestions.typed import Typed
from indexing.tantivy.matching import any_of
from indexing.tantivy.reader import Snapshot, whole_numbers

MAX_WORDS = 64
"""Words with a beginning that are searched for one by one; more are searched for with an expression."""

KNOWN_TEXTS = 1_000
"""Texts whose products a snapshot remembers, each with at most ten products."""

_decode = msgspec.json.Decoder(SuggestedProduct).decode


def suggested_products(snapshot: Snapshot, typed: Typed, *, limit: int) -> tuple[SuggestedProduct, ...]:
    """Return products whose words include what was typed; best sellers first.

    A snapshot remembers them, because many shoppers type the same beginnings; the next commit has its own.
    """
    known, key = snapshot.suggested, (typed, limit)
    found = known.get(key)
    if found is None:
        found = found_products(snapshot, typed, limit=limit)
        if len(known) >= KNOWN_TEXTS:
            known.clear()
        known[key] = found
    return found


def found_products(snapshot: Snapshot, typed: Typed, *, limit: int) -> tuple[SuggestedProduct, ...]:
    """Return what `suggested_products` returns, searched for again."""
    schema, searcher = snapshot.index.schema, snapshot.searcher
    field = snapshot.matching.fields.field(VOCABULARY).name
    words = [word for word, _ in searcher.terms_with_prefix(field, typed.last)] if typed.last else []
    holding = [Query.term_query(schema, field, word, "basic") for word in typed.full]
    if len(words) > MAX_WORDS:
        holding.append(Query.regex_query(schema, field, f"{re.escape(typed.last)}.*"))
        # Matching an expression takes longer than sorting, so it is done only once.
        best = _sorted_by_aggregation(snapshot, snapshot.matching_all(*holding), limit=limit)
    else:
        if typed.last:
            holding.append(any_of(*(Query.term_query(schema, field, word, "basic") for word in words)))
        best = _best(snapshot, snapshot.matching_all(*holding), limit=limit)
    return tuple(_decode(searcher.doc(address)["document"][0]) for address in best)


def _sorted_by_aggregation(snapshot: Snapshot, query: Query, *, limit: int) -> Sequence[DocAddress]:
    """Return the same products as `_best`, from one pass over all that match."""
    order = {"size": limit, "sort": [{WEIGHT: "desc"}, {"id": "asc"}], "docvalue_fields": ["id"]}
    found = snapshot.searcher.aggregate(query, {"hits": {"top_hits": order}})
    ids = [hit["docvalue_fields"]["id"][0] for hit in found["hits"]["hits"]]
    if not ids:
        return ()
    wanted = any_of(*(Query.term_query(snapshot.index.schema, "id", each, "basic") for each in ids))
    hits = snapshot.searcher.search(snapshot.matching_all(wanted), len(ids), count=False).hits
    return [address for _, _, address in _ordered(snapshot, [address for _, address in hits])]


def _best(snapshot: Snapshot, query: Query, *, limit: int) -> Sequence[DocAddress]:
    """Return the products of the greatest weights; of equal weights, those of the smallest ids.

    A search can order by one field only, so products of the smallest of these weights are searched for again.
    """
    searcher = snapshot.searcher
    hits = searcher.search(query, limit, count=False, order_by_field=WEIGHT, order=Order.Desc).hits
    if not hits:
        return ()
    found = _ordered(snapshot, [address for _, address in hits])
    smallest = found[-1][0]
    greater = [address for weight, _, address in found if weight > smallest]
    if len(found) < limit:
        return [address for _, _, address in found]
    tied = Query.range_query(snapshot.index.schema, WEIGHT, FieldType.Float, smallest, smallest)
    others = searcher.search(
        snapshot.matching_all(query, tied),
        limit - len(greater),
        count=False,
        order_by_field="id",
        order=Order.Asc,
    ).hits
    return [*greater, *(address for _, address in others)]


def _ordered(snapshot: Snapshot, addresses: list[DocAddress]) -> list[tuple[float, int, DocAddress]]:
    """Return the weight, the id and the address of each product, in order."""
    weights = [float(value or 0) for value in snapshot.searcher.fast_field_values(WEIGHT, addresses)]
    rows = zip(weights, whole_numbers(snapshot.searcher, "id", addresses), addresses, strict=True)
    return sorted(rows, key=lambda row: (-row[0], row[1]))
