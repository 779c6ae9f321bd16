"""Searches and word statistics from one index."""

from collections.abc import Iterator, Sequence
from typing import Any

from elasticsearch import Elasticsearch
from elasticsearch.dsl import Search
from elasticsearch.dsl.query import Bool, MatchAll, MatchNone, Query

from indexing.document import SuggestedProduct
from indexing.elasticsearch import suggesting
from indexing.elasticsearch.client import Deadline, Response, responses
from indexing.elasticsearch.facets import Counting
from indexing.elasticsearch.mapping import product_of
from indexing.elasticsearch.matching import Matching
from indexing.elasticsearch.rules import pins, restricted, weighted, without_pinned
from indexing.fields import VOCABULARY
from indexing.page import Hit, Matched, SearchPage
from indexing.query import FIELD_BOOSTS, Evidence, Plan, Term, literal, lookups, plan
from indexing.ranking import RankingOptions
from indexing.request import ORDERS, SearchRequest, Sort
from indexing.schema import IndexSchema
from indexing.spelling import SHORT, Neighbour, max_edits
from indexing.suggestions.typed import Typed

BY_SCORE = ("_score", "id")

NEIGHBOURS = 20
ACROSS_SHARDS = "dfs_query_then_fetch"
"""Scores use the statistics of all shards; an index of one shard is searched as usual."""


class Searching:
    """Searches one index within one deadline."""

    def __init__(self, client: Elasticsearch, index: str, *, schema: IndexSchema, deadline: Deadline) -> None:
        """Search `index`, a generation of `schema`; all requests together end by `deadline`."""
        self._client = client
        self._index = index
        self._matching = Matching(schema)
        self._deadline = deadline

    def search(self, request: SearchRequest) -> SearchPage:
        """Return the requested page, usually with one request to the cluster.

        The query is sent as typed, together with a search for the statistics of its words. Further requests
        follow only if the statistics suggest other words, or if too few products match.
        """
        words = self._matching.schema.query_words(request.text)
        if not words:
            query = MatchNone() if request.text.strip() else MatchAll()
            found = self._query(request, query, scored=False)
            response, *pinned = self._send(found, *self._pins(request), preference=request.text)
            return self._page(response, request, pinned=pinned)
        written = literal(words, request.synonyms)
        statistics = self._word_statistics(words, request.ranking)
        reading = self._reading(request, written, len(words))
        first, gathered, *pinned = self._send(
            reading, statistics, *self._pins(request), preference=request.text
        )
        understood = plan(words, _evidence(gathered, words, request.ranking), request.synonyms)
        return self._strictest(request, understood, first if understood == written else None, pinned=pinned)

    def _pins(self, request: SearchRequest) -> list[Search]:
        return [pins(request, self._matching)] if request.arrangement.pinned else []

    def _strictest(
        self, request: SearchRequest, understood: Plan, first: Response | None, *, pinned: Sequence[Response]
    ) -> SearchPage:
        """Return the page of the strictest reading of the query that matches enough products.

        Filters are not considered, so that a filter never widens a result.
        """
        readings = self._readings(request, understood, first)
        reading = next(readings)
        while _found(reading[1]) < request.relax_below and (weaker := next(readings, None)):
            reading = weaker
        matched, response = reading
        return self._page(
            response, request, pinned=pinned, corrected_text=understood.corrected_text, matched=matched
        )

    def _readings(
        self, request: SearchRequest, understood: Plan, first: Response | None
    ) -> Iterator[tuple[Matched, Response]]:
        for matched, required in understood.levels():
            known, first = first, None
            reading = self._reading(request, understood, required)
            yield matched, known or self._send(reading, preference=request.text)[0]

    def suggested_products(self, typed: Typed, *, limit: int) -> tuple[SuggestedProduct, ...]:
        """Return products whose words include what was typed; best sellers first."""
        found = self._deadline.on(self._client).search(
            index=self._index,
            **suggesting.request(typed, schema=self._matching.schema, limit=limit),
            filter_path=suggesting.FILTER_PATH,
        )
        return suggesting.products_of(found.body)

    def _word_statistics(self, words: Sequence[str], ranking: RankingOptions) -> Search:
        """Return a search for the frequencies of a query's terms, and for corrections of unknown words."""
        search = Search().extra(size=0, track_total_hits=False)
        terms = {" ".join(term): self._anywhere(term) for term in _lookups(words, ranking)}
        search.aggs.bucket("frequencies", "filters", filters=terms)
        for word in words if ranking.corrects_spelling else ():
            if edits := max_edits(word):
                search = search.suggest(
                    word,
                    word,
                    term={
                        "field": self._matching.schema.field(VOCABULARY).name,
                        "suggest_mode": "missing",
                        "max_edits": edits,
                        "prefix_length": 0,
                        "min_word_length": SHORT,
                        "size": NEIGHBOURS,
                    },
                )
        return search

    def _anywhere(self, term: Term) -> Query:
        if len(term) > 1:
            return self._matching.holds("title", term)
        return Bool(
            should=[self._matching.holds(field, term) for field in FIELD_BOOSTS], minimum_should_match=1
        )

    def _send(self, *searches: Search, preference: str = "") -> list[Response]:
        """Send searches; those with the same `preference` go to the same copies of the shards.

        Copies hold deleted documents for different times, so their scores differ slightly.
        """
        header = {"index": self._index, "search_type": ACROSS_SHARDS, "preference": f"text:{preference}"}
        body: list[dict[str, Any]] = []
        for search in searches:
            body += [header, search.to_dict()]
        return responses(self._deadline.on(self._client).msearch(searches=body))

    def _reading(self, request: SearchRequest, understood: Plan, required: int) -> Search:
        query = self._matching.text(understood, required=required, ranking=request.ranking)
        return self._query(request, query, scored=True)

    def _query(self, request: SearchRequest, query: Query, *, scored: bool) -> Search:
        by_score = scored and request.sort is Sort.RELEVANCE
        ranked = weighted(query, request, self._matching) if by_score else query
        search = Search().query(restricted(ranked, request, self._matching))
        search = search.sort(*(BY_SCORE if by_score else self._order(request.sort)))
        needed = request.arrangement
        search = search.extra(size=needed.end - needed.start, from_=needed.start, track_total_hits=True)
        unpinned = without_pinned(request)
        search.aggs.bucket("matching", "filter", Bool(filter=unpinned) if unpinned else MatchAll())
        if passing := [*self._matching.filters(request.filters), *unpinned]:
            search = search.post_filter(Bool(filter=passing))
        if request.facets:
            for name, counted in Counting(self._matching, request.filters).aggregations().items():
                search.aggs.bucket(name, counted)
        return search

    def _order(self, sort: Sort) -> list[str]:
        schema = self._matching.schema
        return [
            f"-{schema.field(name[1:]).name}" if name.startswith("-") else schema.field(name).name
            for name in ORDERS[sort]
        ]

    def _page(
        self,
        response: Response,
        request: SearchRequest,
        *,
        pinned: Sequence[Response],
        corrected_text: str | None = None,
        matched: Matched = Matched.ALL,
    ) -> SearchPage:
        counting = Counting(self._matching, request.filters)
        shown = {
            int(hit["_id"]): Hit(product_of(hit["_source"]), 0.0, pinned=True)
            for each in pinned
            for hit in each["hits"]["hits"]
        }
        count = response["hits"]["total"]["value"]
        ranked = [Hit(product_of(hit["_source"]), hit["_score"] or 0.0) for hit in response["hits"]["hits"]]
        return SearchPage(
            generation=self._index,
            hits=tuple(
                request.arrangement.page(ranked, count=count, shown=shown, pinned_hit=shown.__getitem__)
            ),
            count=count + len(shown),
            facets=counting.facets(response["aggregations"]) if request.facets else None,
            corrected_text=corrected_text,
            matched=matched,
        )


def _lookups(words: Sequence[str], ranking: RankingOptions) -> tuple[Term, ...]:
    return lookups(words, joined_and_split=ranking.joins_and_splits_words)


def _evidence(response: Response, words: Sequence[str], ranking: RankingOptions) -> Evidence:
    counted = response["aggregations"]["frequencies"]["buckets"]
    frequencies = {term: counted[" ".join(term)]["doc_count"] for term in _lookups(words, ranking)}
    neighbours = {
        word: [Neighbour(option["text"], option["freq"]) for entry in entries for option in entry["options"]]
        for word, entries in response.get("suggest", {}).items()
    }
    return Evidence(frequencies, neighbours)


def _found(response: Response) -> int:
    found: int = response["aggregations"]["matching"]["doc_count"]
    return found
