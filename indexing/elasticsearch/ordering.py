"""The order of hits without scores, and the currencies of their prices."""

from collections.abc import Sequence
from typing import Any

from indexing.counting import MAX_VALUES
from indexing.elasticsearch.matching import Matching
from indexing.elasticsearch.queries import Body, Query, all_of, values
from indexing.fields import CURRENCY, SELECTIONS
from indexing.request import BY_PRICE, SearchRequest, Sort, order_of_properties


def order_of(request: SearchRequest, matching: Matching) -> list[str | dict[str, Any]]:
    """Return the order of the hits of a request if there are no scores."""
    schema = matching.schema
    wanted = request.filters.of_variant()
    if request.sort in BY_PRICE and (wanted.narrow or wanted.available) and schema.has(SELECTIONS):
        descending = request.sort is Sort.PRICE_HIGH
        return [_by_price_of_variant(matching.variant_filters(wanted), descending=descending), "id"]
    return [
        {schema.field(name.removeprefix("-")).name: "desc" if name.startswith("-") else "asc"}
        for name in order_of_properties(request.sort, has=schema.has)
    ]


def _by_price_of_variant(filters: Sequence[Query], *, descending: bool) -> dict[str, Any]:
    """Return the order of the price that is shown, that of the cheapest variant that matches."""
    return {
        f"{SELECTIONS}.price": {
            "order": "desc" if descending else "asc",
            "mode": "min",
            "nested": {"path": SELECTIONS, "filter": all_of(filters)},
        }
    }


def currency_counts() -> Body:
    """Return a search for the numbers of products by currency."""
    counted = {CURRENCY: values(CURRENCY, size=MAX_VALUES)}
    return {"size": 0, "track_total_hits": False, "aggs": counted}
