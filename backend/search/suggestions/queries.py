"""Which past queries may be suggested."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from analytics_pipeline.query_statistics import query_statistics as counted
from analytics_pipeline.warehouse import Warehouse
from indexing.engine import SearchEngine
from indexing.facets import NO_FACETS
from indexing.page import Matched
from indexing.ranking import RankingOptions
from indexing.request import MAX_QUERY_LENGTH, SearchRequest
from indexing.suggestions.statistics import MIN_SHOPPERS, QueryStatistic, may_be_suggested

MAX_QUERIES = 2_000
"""The queries that led to the most."""
_STRICT = RankingOptions(corrects_spelling=False, relax_below=1)


def query_statistics(warehouse: Warehouse, *, now: datetime) -> Sequence[QueryStatistic]:
    """Return the statistics of the queries that may be suggested, those that led to the most first.

    Raises:
        WarehouseUnavailable, WarehouseRefused: the warehouse can't be read.
    """
    rows = counted(warehouse, now=now, fewest_shoppers=MIN_SHOPPERS, limit=MAX_QUERIES)
    return [statistic for each in rows if may_be_suggested((statistic := QueryStatistic(*each)).text)]


def that_find_products(queries: Iterable[QueryStatistic], engine: SearchEngine) -> list[QueryStatistic]:
    """Return the queries all of whose words a product contains, as they are written.

    Raises:
        SearchError: the engine can't search.
    """
    return list(_found(queries, engine))


def _found(queries: Iterable[QueryStatistic], engine: SearchEngine) -> Iterator[QueryStatistic]:
    for query in queries:
        text = query.text[:MAX_QUERY_LENGTH]
        page = engine.search(SearchRequest(text=text, page_size=1, facets=NO_FACETS, ranking=_STRICT))
        if page.count and page.matched is Matched.ALL:
            yield query
