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
"""Words with a beginning that are searched for one by one; an expression for more is slower to prepare."""

_decode = msgspec.json.Decoder(SuggestedProduct).decode


def suggested_products(snapshot: Snapshot, typed: Typed, *, limit: int) -> tuple[SuggestedProduct, ...]:
    """Return products whose words include what was typed; best sellers first."""
    schema, searcher = snapshot.index.schema, snapshot.searcher
    field = snapshot.matching.fields.field(VOCABULARY).name
    holding = [Query.term_query(schema, field, word, "basic") for word in typed.full]
    if typed.last:
        holding.append(_with_prefix(snapshot, field, typed.last))
    best = _best(snapshot, snapshot.matching_all(*holding), limit=limit)
    return tuple(_decode(searcher.doc(address)["document"][0]) for address in best)


def _with_prefix(snapshot: Snapshot, field: str, prefix: str) -> Query:
    """Match the products with a word that begins with `prefix`."""
    schema = snapshot.index.schema
    words = snapshot.searcher.terms_with_prefix(field, prefix)
    if len(words) > MAX_WORDS:
        return Query.regex_query(schema, field, f"{re.escape(prefix)}.*")
    return any_of(*(Query.term_query(schema, field, word, "basic") for word, _ in words))


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
