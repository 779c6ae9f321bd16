"""Answering one request from the index that serves."""

from collections.abc import Iterator, Sequence
from typing import Any

from elasticsearch import Elasticsearch
from elasticsearch.dsl import Search
from elasticsearch.dsl.query import Bool, MatchAll, MatchNone, Prefix, Query

from indexing.elasticsearch.client import Answer, answers
from indexing.elasticsearch.facets import aggregations, escaped, facets_of
from indexing.elasticsearch.mapping import product_of
from indexing.elasticsearch.matching import filters, holds, text, weighted
from indexing.page import Hit, Matched, SearchPage
from indexing.query import FIELD_BOOSTS, RELAX_BELOW, Evidence, Plan, Term, literal, lookups, plan
from indexing.request import SearchRequest, Sort
from indexing.spelling import SHORT, Neighbour, max_edits
from indexing.suggestions import SUGGESTED
from indexing.text import query_words

ORDERS: dict[Sort, tuple[str, ...]] = {
    Sort.PRICE_LOW: ("price", "id"),
    Sort.PRICE_HIGH: ("-price", "id"),
    Sort.POPULARITY: ("-popularity", "id"),
    Sort.RATING: ("-rating", "-rating_count", "id"),
    Sort.NEWEST: ("-created_at", "-id"),
    # Without a query nothing is more relevant than what others buy.
    Sort.RELEVANCE: ("-popularity", "-created_at", "id"),
}
BY_SCORE = ("_score", "id")

COMPLETIONS = 1_000
"""Values that begin with a prefix; the fullest of more are enough to choose suggestions from."""
NEIGHBOURS = 20


class Searching:
    """Asks one index, or the alias of one."""

    def __init__(self, client: Elasticsearch, index: str) -> None:
        """Ask `index` through `client`."""
        self._client = client
        self._index = index

    def search(self, request: SearchRequest) -> SearchPage:
        """Return the page that `request` asks for, as a rule in one round trip.

        The query is sent as it was written together with the questions about its words; only if the answers
        show that something else was meant, or too little was found, is there another one.
        """
        words = query_words(request.text)
        if not words:
            query = MatchNone() if request.text.strip() else MatchAll()
            (answer,) = self._ask(_question(request, query, scored=False))
            return _page(answer, request)
        written = literal(words)
        first, gathered = self._ask(_reading(request, written, len(words)), _questions(words))
        understood = plan(words, _evidence(gathered, words))
        return self._strictest(request, understood, first if understood == written else None)

    def _strictest(self, request: SearchRequest, understood: Plan, first: Answer | None) -> SearchPage:
        """Return the page of the strictest reading of the query that finds enough.

        Filters play no part in this, so that a filter never widens a result. In any order but relevance's
        the weaker matches would stand among the good ones, and come in only where there are no others.
        """
        enough = RELAX_BELOW if request.sort is Sort.RELEVANCE else 1
        readings = self._readings(request, understood, first)
        reading = next(readings)
        while _found(reading[1]) < enough and (weaker := next(readings, None)):
            reading = weaker
        matched, answer = reading
        return _page(answer, request, corrected_text=understood.corrected_text, matched=matched)

    def _readings(
        self, request: SearchRequest, understood: Plan, first: Answer | None
    ) -> Iterator[tuple[Matched, Answer]]:
        for matched, required in understood.levels():
            known, first = first, None
            yield matched, known or self._ask(_reading(request, understood, required))[0]

    def completions(self, prefix: str) -> dict[str, list[tuple[str, int]]]:
        """Return the suggested values that begin with `prefix` by field, with their numbers of products."""
        begins = Bool(should=[_begins(name, prefix) for name in SUGGESTED])
        search = Search().query(begins).extra(size=0, track_total_hits=False)
        for name in SUGGESTED:
            search.aggs.bucket(name, "terms", field=name, include=f"{escaped(prefix)}.*", size=COMPLETIONS)
        (answer,) = self._ask(search)
        return {
            name: [(each["key"], each["doc_count"]) for each in answer["aggregations"][name]["buckets"]]
            for name in SUGGESTED
        }

    def evidence(self, words: Sequence[str]) -> Evidence:
        """Return what the index knows about a query's words."""
        (answer,) = self._ask(_questions(words))
        return _evidence(answer, words)

    def _ask(self, *searches: Search) -> list[Answer]:
        body: list[dict[str, Any]] = []
        for search in searches:
            body += [{"index": self._index}, search.to_dict()]
        return answers(self._client.msearch(searches=body))


def _reading(request: SearchRequest, understood: Plan, required: int) -> Search:
    return _question(request, text(understood, required=required), scored=True)


def _question(request: SearchRequest, query: Query, *, scored: bool) -> Search:
    by_score = scored and request.sort is Sort.RELEVANCE
    search = Search().query(weighted(query) if by_score else query)
    search = search.sort(*(BY_SCORE if by_score else ORDERS[request.sort]))
    search = search.extra(size=request.page_size, from_=request.offset, track_total_hits=True)
    search.aggs.bucket("matching", "filter", MatchAll())
    if passing := filters(request.filters):
        search = search.post_filter(Bool(filter=passing))
    if request.facets:
        for name, counted in aggregations(request.filters).items():
            search.aggs.bucket(name, counted)
    return search


def _questions(words: Sequence[str]) -> Search:
    """Ask how many products hold each term of a query, and what is spelt like the words that none holds."""
    search = Search().extra(size=0, track_total_hits=False)
    asked = {" ".join(term): _anywhere(term) for term in lookups(words)}
    search.aggs.bucket("frequencies", "filters", filters=asked)
    for word in words:
        if edits := max_edits(word):
            search = search.suggest(
                word,
                word,
                term={
                    "field": "vocabulary",
                    "suggest_mode": "missing",
                    "max_edits": edits,
                    "prefix_length": 0,
                    "min_word_length": SHORT,
                    "size": NEIGHBOURS,
                },
            )
    return search


def _anywhere(term: Term) -> Query:
    if len(term) > 1:
        return holds("title", term)
    return Bool(should=[holds(field, term) for field in FIELD_BOOSTS], minimum_should_match=1)


def _evidence(answer: Answer, words: Sequence[str]) -> Evidence:
    counted = answer["aggregations"]["frequencies"]["buckets"]
    frequencies = {term: counted[" ".join(term)]["doc_count"] for term in lookups(words)}
    neighbours = {
        word: [Neighbour(option["text"], option["freq"]) for entry in entries for option in entry["options"]]
        for word, entries in answer.get("suggest", {}).items()
    }
    return Evidence(frequencies, neighbours)


def _found(answer: Answer) -> int:
    found: int = answer["aggregations"]["matching"]["doc_count"]
    return found


def _page(
    answer: Answer,
    request: SearchRequest,
    *,
    corrected_text: str | None = None,
    matched: Matched = Matched.ALL,
) -> SearchPage:
    return SearchPage(
        hits=tuple(Hit(product_of(hit["_source"]), hit["_score"] or 0.0) for hit in answer["hits"]["hits"]),
        count=answer["hits"]["total"]["value"],
        facets=facets_of(answer["aggregations"], request.filters) if request.facets else None,
        corrected_text=corrected_text,
        matched=matched,
    )


def _begins(name: str, prefix: str) -> Query:
    return Prefix(name, {"value": prefix})
