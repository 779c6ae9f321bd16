"""Searches that are sent to one index, several in one request."""

from collections.abc import Mapping, Sequence

from elasticsearch import Elasticsearch

from indexing.elasticsearch import client as cluster
from indexing.elasticsearch.client import Deadline, Response
from indexing.elasticsearch.matching import Matching
from indexing.elasticsearch.queries import Body, Query
from indexing.planning.plan import FIELD_BOOSTS, AlternativeKind

ACROSS_SHARDS = "dfs_query_then_fetch"
"""Scores use the statistics of all shards; an index of one shard is searched as usual."""


class Sender:
    """Sends searches to one index; all together end by one deadline."""

    def __init__(self, client: Elasticsearch, index: str, *, matching: Matching, deadline: Deadline) -> None:
        """Send to `index`, whose fields `matching` knows."""
        self._client = client
        self._index = index
        self._matching = matching
        self._deadline = deadline

    def send(self, *searches: Body, preference: str = "") -> list[Response]:
        """Return the responses to searches; those with the same `preference` go to the same copies of shards.

        Copies hold deleted documents for different times, so their scores differ slightly.
        """
        header = {"index": self._index, "search_type": ACROSS_SHARDS, "preference": f"text:{preference}"}
        body: list[Body] = []
        for search in searches:
            body += [header, search]
        return cluster.search_all(self._client, body, deadline=self._deadline)

    def products_with(self, forms: Sequence[str]) -> dict[str, int]:
        """Return for each form how many products have it or another form of the word."""
        return self._counted({form: self._matching.anywhere((form,), FIELD_BOOSTS) for form in forms})

    def products_with_codes(self, codes: Sequence[str]) -> dict[str, int]:
        """Return how many products have a code that begins with each of these."""
        return self._counted({code: self._matching.code(code, AlternativeKind.CODE_PREFIX) for code in codes})

    def _counted(self, queries: Mapping[str, Query]) -> dict[str, int]:
        aggregations = {"each": {"filters": {"filters": queries}}}
        (response,) = self.send({"size": 0, "track_total_hits": False, "aggs": aggregations})
        counted = response["aggregations"]["each"]["buckets"]
        return {name: counted[name]["doc_count"] for name in queries}
