"""Currencies, and the order of the prices that are shown."""

from collections.abc import Sequence
from typing import Any

from elasticsearch.dsl import Search
from elasticsearch.dsl.query import Bool, Query

from indexing.counting import MAX_VALUES
from indexing.fields import CURRENCY, SELECTIONS


def by_price_of_variant(filters: Sequence[Query], *, descending: bool) -> dict[str, Any]:
    """Return the order of the price that is shown, that of the cheapest variant that matches."""
    return {
        f"{SELECTIONS}.price": {
            "order": "desc" if descending else "asc",
            "mode": "min",
            "nested": {"path": SELECTIONS, "filter": Bool(filter=list(filters)).to_dict()},
        }
    }


def currency_counts() -> Search:
    """Return a search for the numbers of products by currency."""
    search = Search().extra(size=0, track_total_hits=False)
    search.aggs.bucket(CURRENCY, "terms", field=CURRENCY, size=MAX_VALUES)
    return search
