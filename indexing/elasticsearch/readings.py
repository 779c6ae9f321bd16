"""The readings of a query, from the strictest to the weakest, which differ in the needs of each hit."""

from collections.abc import Sequence

from indexing.elasticsearch.client import Response
from indexing.elasticsearch.queries import Body

MATCHING = "matching"
"""The aggregation that counts all products of a reading, whether they pass the filters or not."""


def only_counted(body: Body) -> Body:
    """Return a search that counts the products of another one, without hits and facets."""
    aggregations = {MATCHING: body["aggs"][MATCHING]}
    return {"query": body["query"], "size": 0, "track_total_hits": False, "aggs": aggregations}


def found_by(response: Response) -> int:
    """Return the number of products that a reading matches."""
    found: int = response["aggregations"][MATCHING]["doc_count"]
    return found


def strictest(responses: Sequence[Response], *, least: int) -> int:
    """Return the place of the first reading that matches at least so many products, or of the last one."""
    enough = (place for place, each in enumerate(responses) if found_by(each) >= least)
    return next(enough, len(responses) - 1)
