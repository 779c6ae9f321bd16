"""The request for suggested products, and their part of the response."""

from collections.abc import Mapping
from typing import Any

import msgspec

from indexing.document import SuggestedProduct
from indexing.fields import VOCABULARY, WEIGHT
from indexing.schema import IndexSchema
from indexing.suggestions.typed import Typed

_SOURCE = [f"document.{each.name}" for each in msgspec.structs.fields(SuggestedProduct)]


def request(typed: Typed, *, schema: IndexSchema, limit: int) -> dict[str, Any]:
    """Return a request for the products whose words include what was typed; best sellers first."""
    field = schema.field(VOCABULARY).name
    holding: list[dict[str, Any]] = [{"term": {field: word}} for word in typed.full]
    if typed.last:
        holding.append({"prefix": {field: typed.last}})
    return {
        "query": {"bool": {"filter": holding}},
        "sort": [{WEIGHT: "desc"}, {"id": "asc"}],
        "size": limit,
        "_source": _SOURCE,
        "track_total_hits": False,
    }


def products_of(response: Mapping[str, Any]) -> tuple[SuggestedProduct, ...]:
    """Return the products of a response."""
    hits = response.get("hits", {}).get("hits", ())
    return tuple(msgspec.json.decode(hit["_source"]["document"], type=SuggestedProduct) for hit in hits)
