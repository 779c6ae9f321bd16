"""Suggest products from one snapshot."""

import re

import msgspec
from tantivy import Query

from indexing.document import SuggestedProduct
from indexing.fields import VOCABULARY, WEIGHT
from indexing.suggestions.typed import Typed
from indexing.tantivy.reader import Snapshot

_decode = msgspec.json.Decoder(SuggestedProduct).decode


def suggested_products(snapshot: Snapshot, typed: Typed, *, limit: int) -> tuple[SuggestedProduct, ...]:
    """Return products whose words include what was typed; best sellers first."""
    schema = snapshot.index.schema
    field = snapshot.matching.fields.field(VOCABULARY).name
    holding = [Query.term_query(schema, field, word, "basic") for word in typed.full]
    if typed.last:
        holding.append(Query.regex_query(schema, field, f"{re.escape(typed.last)}.*"))
    order = {"size": limit, "sort": [{WEIGHT: "desc"}, {"id": "asc"}], "docvalue_fields": ["id"]}
    found = snapshot.searcher.aggregate(snapshot.matching_all(*holding), {"hits": {"top_hits": order}})
    ids = [hit["docvalue_fields"]["id"][0] for hit in found["hits"]["hits"]]
    if not ids:
        return ()
    wanted = Query.term_set_query(schema, "id", ids)
    hits = snapshot.searcher.search(snapshot.matching_all(wanted), len(ids), count=False).hits
    documents = [_decode(snapshot.searcher.doc(address)["document"][0]) for _, address in hits]
    return tuple(sorted(documents, key=lambda product: ids.index(product.id)))
