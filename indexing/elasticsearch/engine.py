"""The protocol of indexing.engine, kept by Elasticsearch."""

from collections.abc import Sequence
from datetime import datetime

from indexing.elasticsearch.client import NAME, answering, connect
from indexing.elasticsearch.indices import Indices
from indexing.elasticsearch.mapping import product_of
from indexing.elasticsearch.searching import Searching
from indexing.elasticsearch.writing import write
from indexing.engine import DocumentWrite, Generation, StoredDocument, WriteResult
from indexing.page import SearchPage, SearchSuggestion
from indexing.request import SearchRequest
from indexing.suggestions import suggestions


class ElasticsearchEngine:
    """A search engine in a cluster. Threads and processes may share it."""

    name = NAME

    def __init__(self, *, url: str, prefix: str) -> None:
        """Use the indices that begin with `prefix` on the cluster at `url`; nothing is sent yet."""
        self._client = connect(url)
        self._indices = Indices(self._client, prefix=prefix)
        self._searching = Searching(self._client, self._indices.serving)
        self._version_known = False

    def search(self, request: SearchRequest) -> SearchPage:
        """Return one page."""
        with answering():
            self._require_version()
            return self._searching.search(request)

    def suggest(self, prefix: str, *, limit: int = 10) -> tuple[SearchSuggestion, ...]:
        """Return completions of `prefix`, best first."""
        with answering():
            self._require_version()
            asking = self._searching
            return suggestions(prefix, complete=asking.completions, evidence=asking.evidence, limit=limit)

    def write(self, generation: str, changes: Sequence[DocumentWrite], *, now: datetime) -> WriteResult:
        """Apply changes; Elasticsearch itself remembers deletes, by its own clock."""
        with answering():
            return write(self._client, generation, changes)

    def stored(self, generation: str, product_ids: Sequence[int]) -> dict[int, StoredDocument]:
        """Return what the generation holds of these products, searchable or not yet."""
        if not product_ids:
            return {}
        with answering():
            self._indices.require(generation)
            found = self._client.mget(index=generation, ids=[str(each) for each in product_ids])
            return {
                int(each["_id"]): StoredDocument(each["_version"], product_of(each["_source"]))
                for each in found["docs"]
                if each.get("found")
            }

    def count(self, generation: str) -> int:
        """Return how many products the generation holds."""
        with answering():
            self._indices.require(generation)
            found: int = self._client.count(index=generation)["count"]
            return found

    def generations(self) -> tuple[Generation, ...]:
        """Return all generations, oldest first."""
        with answering():
            return self._indices.generations()

    def create(self, *, now: datetime) -> Generation:
        """Create an empty generation that serves nobody yet."""
        with answering():
            return self._indices.create(now=now)

    def swap(self, generation: str) -> None:
        """Let this generation serve from the next search on."""
        with answering():
            self._indices.swap(generation)
        self._version_known = False

    def drop(self, generation: str) -> None:
        """Delete a generation that does not serve."""
        with answering():
            self._indices.drop(generation)

    def destroy(self) -> None:
        """Delete every generation, the one that serves too."""
        with answering():
            self._indices.destroy()
        self._version_known = False

    def release(self, generation: str) -> None:
        """Do nothing: Elasticsearch takes writes from every process."""

    def ping(self) -> None:
        """Return if searches can be answered."""
        with answering():
            self._indices.require_version()
            self._client.count(index=self._indices.serving)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _require_version(self) -> None:
        if not self._version_known:
            self._indices.require_version()
            self._version_known = True
