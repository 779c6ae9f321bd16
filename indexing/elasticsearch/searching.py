"""Searches and word statistics from one index."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from elasticsearch import Elasticsearch

from indexing.buckets import Bucket
from indexing.currencies import in_one_currency, price_currency
from indexing.document import SuggestedProduct
from indexing.elasticsearch import client as cluster
from indexing.elasticsearch import facet_values, number_facets, suggesting
from indexing.elasticsearch.client import Deadline, Response
from indexing.elasticsearch.collapsing import Collapsing, FoundHits
from indexing.elasticsearch.documents import FusedHit, products_by_id
from indexing.elasticsearch.facets import Counting, described, read
from indexing.elasticsearch.mapping import product_of
from indexing.elasticsearch.matching import Matching, with_products
from indexing.elasticsearch.ordering import order_of
from indexing.elasticsearch.queries import MATCH_ALL, MATCH_NONE, Aggregation, Body, Query, all_of
from indexing.elasticsearch.readings import MATCHING, found_by, only_counted, strictest
from indexing.elasticsearch.rules import DOCUMENT, pins, restricted, weighted, without_pinned
from indexing.elasticsearch.sending import Sender
from indexing.facet_search import FacetSearch
from indexing.facets import NO_FACETS, Facets
from indexing.fields import PRICE
from indexing.lexicon.lexicon import Lexicon
from indexing.matches.hits import with_matches
from indexing.page import Hit, Matched, SearchPage
from indexing.planning.plan import Plan
from indexing.planning.requests import plan_of
from indexing.ranking.fusion import WINDOW
from indexing.request import SearchRequest, Sort
from indexing.schema import IndexSchema
from indexing.suggestions.typed import Typed
from indexing.understanding.requests import understand

BY_SCORE = ["_score", "id"]

if TYPE_CHECKING:
    from indexing.elasticsearch.meaning import Meaning, Meanings
    from indexing.encoder.ahead import QueryEncoding


class Searching:
    """Searches one index within one deadline."""

    def __init__(
        self,
        client: Elasticsearch,
        index: str,
        *,
        schema: IndexSchema,
        lexicon: Lexicon,
        deadline: Deadline,
        currencies: Mapping[str, int],
        meanings: "Meanings | None" = None,
    ) -> None:
        """Search `index`, a generation of `schema`; all requests together end by `deadline`.

        `currencies` are the numbers of its products by currency. With `meanings`, meaning ranks as well as
        words.
        """
        self._lexicon = lexicon
        self._currencies = currencies
        self._meanings = meanings
        self._encoding: QueryEncoding | None = None
        self._meaning: Meaning | None = None
        self._searched: Body | None = None
        self._client = client
        self._index = index
        self._matching = Matching(schema)
        self._deadline = deadline
        self._sender = Sender(client, index, matching=self._matching, deadline=deadline)

    def search(self, request: SearchRequest) -> SearchPage:
        """Return the requested page, with one request to the cluster.

        Further requests follow only if a word would be replaced that the lexicon doesn't know, or if fewer
        products match than the lexicon lets expect.
        """
        schema = self._matching.schema
        request = number_facets.with_numbers(request, self._matching.schema, send=self._sender.send)
        request, reading = understand(request, schema=schema, evidence=self._lexicon)
        self._encoding = self._meanings.encoding(request, schema) if self._meanings else None
        request = in_one_currency(request, self._currencies)
        if request.collapse:
            schema.group_field(request.collapse)
        planned = plan_of(
            request,
            reading.understood,
            schema=schema,
            lexicon=self._lexicon,
            count=self._sender.products_with,
            count_codes=self._sender.products_with_codes,
        )
        return replace(
            self._planned(request, planned),
            understood=reading.understood,
            corrected_text=reading.whole(planned.corrected_text),
            searched_text=reading.text,
            plan=planned if planned.needs else None,
        )

    def _planned(self, request: SearchRequest, planned: Plan) -> SearchPage:
        if not planned.needs:
            query = MATCH_NONE if request.text.strip() else MATCH_ALL
            found = self._query(request, query, scored=False)
            response, *pinned = self._sender.send(found, *self._pins(request), preference=request.text)
            return self._page(response, request, pinned=pinned, plan=planned)
        self._meaning = None if planned.only_codes else self._meaning_of(request, planned)
        return self._strictest(request, planned)

    def _pins(self, request: SearchRequest) -> list[Body]:
        return [pins(request, self._matching)] if request.arrangement.pinned else []

    def _strictest(self, request: SearchRequest, planned: Plan) -> SearchPage:
        """Return the page of the strictest reading of the query that matches enough products.

        Filters are not considered, so that a filter never widens a result.
        """
        levels = planned.levels()
        at_once = len(levels) if planned.rarest < request.relax_below else 1
        sent = [self._reading(request, planned, required) for _, required in levels[:at_once]]
        # A reading that is expected to match too few products is only counted, without hits and facets.
        begun = only_counted(sent[0]) if at_once > 1 else sent[0]
        first = self._sender.send(begun, *sent[1:], *self._pins(request), preference=request.text)
        read, pinned = first[:at_once], first[at_once:]
        if found_by(read[0]) >= request.relax_below and at_once > 1:
            read = self._sender.send(sent[0], preference=request.text)
        if found_by(read[-1]) < request.relax_below and at_once < len(levels):
            sent += [self._reading(request, planned, required) for _, required in levels[at_once:]]
            read += self._sender.send(*sent[at_once:], preference=request.text)
        place = strictest(read, least=request.relax_below)
        self._searched = sent[place]
        matched, response = self._filled(levels[place][0], read[place], request=request, understood=planned)
        return self._page(response, request, pinned=pinned, plan=planned, matched=matched)

    def facet_values(self, request: SearchRequest, wanted: FacetSearch) -> tuple[Bucket, ...]:
        """Return the values of a facet of `request` that `wanted` finds."""
        request = number_facets.with_numbers(request, self._matching.schema, send=self._sender.send)
        self.search(replace(request, facets=NO_FACETS, collapse="", page=1, page_size=1))
        request, _ = understand(request, schema=self._matching.schema, evidence=self._lexicon)
        request = in_one_currency(request, self._currencies)
        counted = self._counted_again({"own": facet_values.aggregation(self._matching, request, wanted)})
        return facet_values.values(self._matching, request, wanted, counted["own"])

    def suggested_products(self, typed: Typed, *, limit: int) -> tuple[SuggestedProduct, ...]:
        """Return products whose words include what was typed; best sellers first."""
        body = suggesting.request(typed, schema=self._matching.schema, limit=limit)
        found = cluster.search(self._client, self._index, body, deadline=self._deadline)
        return suggesting.products_of(found)

    def _reading(self, request: SearchRequest, understood: Plan, required: int) -> Body:
        query = self._matching.text(understood, required=required, ranking=request.ranking)
        return self._query(request, query, scored=True)

    def _query(self, request: SearchRequest, query: Query, *, scored: bool) -> Body:
        by_score = scored and request.sort is Sort.RELEVANCE
        ranked = weighted(query, request, self._matching) if by_score else query
        start, end = self._span(request)
        unpinned = without_pinned(request)
        matching = all_of(unpinned) if unpinned else MATCH_ALL
        body: Body = {
            "query": restricted(ranked, request, self._matching),
            "sort": BY_SCORE if by_score else order_of(request, self._matching),
            "from": start,
            "size": end - start,
            "track_total_hits": True,
            "aggs": {MATCHING: {"filter": matching}},
        }
        if self._matching.schema.encoder is not None:
            body["_source"] = False if self._reranks(request) else [DOCUMENT]
        if columns := self._columns_of_hits(request):
            body["docvalue_fields"] = columns
        if passing := [*self._matching.filters(request.filters), *unpinned]:
            body["post_filter"] = all_of(passing)
        if request.facets:
            body["aggs"] |= described(self._counting(request))
        self._searched = body
        return body

    def _meaning_of(self, request: SearchRequest, planned: Plan) -> "Meaning | None":
        """Return the meaning of the query, or None if words alone rank its products."""
        if self._meanings is None or self._encoding is None:
            return None
        return self._meanings.of(
            request,
            planned.corrected_text or request.text,
            encoding=self._encoding,
            index=self._index,
            matching=self._matching,
            send=lambda search: self._sender.send(search)[0],
        )

    def _columns_of_hits(self, request: SearchRequest) -> list[str]:
        """Return the columns (doc values) that hits need: what they are collapsed by, and their vectors."""
        grouped = [self._matching.schema.group_field(request.collapse)] if request.collapse else []
        compared = self._meaning.columns_of_hits if self._meaning and self._reranks(request) else ()
        return [*grouped, *compared]

    def _reranks(self, request: SearchRequest) -> bool:
        return self._meaning is not None and (bool(request.collapse) or request.arrangement.start < WINDOW)

    def _span(self, request: SearchRequest) -> tuple[int, int]:
        """Return the places of the hits to find: those of the page, or all that meaning ranks.

        If products are collapsed, those that words alone rank are found afterwards.
        """
        if request.collapse:
            return 0, WINDOW if self._reranks(request) else 0
        needed = request.arrangement
        return (0, max(needed.end, WINDOW)) if self._reranks(request) else (needed.start, needed.end)

    def _filled(
        self, matched: Matched, response: Response, *, request: SearchRequest, understood: Plan
    ) -> tuple[Matched, Response]:
        """Return the reading, with the nearest products that it doesn't match if it matches few."""
        found = found_by(response)
        missing = request.relax_below - found
        if self._meaning is None or missing <= 0 or not request.ranking.fills_by_meaning:
            return matched, response
        required = dict(understood.levels())[matched]
        text = self._matching.text(understood, required=required, ranking=request.ranking)
        neighbours = self._meaning.neighbours(text, missing, among=self._matching.allowed(understood))
        near = self._meaning.close(self._sender.send(*neighbours))
        if not near:
            return matched, response
        (filled,) = self._sender.send(self._query(request, with_products(text, near), scored=True))
        return matched if found else Matched.SIMILAR, filled

    def _ranked(self, response: Response, request: SearchRequest) -> list[Hit]:
        hits = response["hits"]["hits"]
        if self._meaning is None or not self._reranks(request):
            return [Hit(product_of(hit["_source"]), hit["_score"] or 0.0) for hit in hits]
        return self._hits(self._by_meaning(hits), request)

    def _by_meaning(self, hits: Sequence[dict[str, Any]]) -> list[FusedHit]:
        if self._meaning is None or not hits:
            return []
        return self._meaning.ranked(hits)

    def _hits(self, ranked: Sequence[FusedHit], request: SearchRequest) -> list[Hit]:
        """Return the hits that the page may need, with their products."""
        needed = ranked[request.arrangement.start : request.arrangement.end]
        ids = [key for key, _, _ in needed]
        products = products_by_id(self._client, self._index, ids, deadline=self._deadline)
        return [Hit(products[key], value, fusion=fusion) for key, value, fusion in needed if key in products]

    def _found(self, response: Response, request: SearchRequest, pinned: dict[int, Hit]) -> FoundHits:
        if request.collapse:
            return self._collapsed(response, request, pinned)
        count = response["hits"]["total"]["value"] + len(pinned)
        return FoundHits(self._ranked(response, request), pinned, count)

    def _collapsed(self, response: Response, request: SearchRequest, pinned: dict[int, Hit]) -> FoundHits:
        collapsing = Collapsing(
            request,
            matching=self._matching,
            searched=self._searched or {},
            send=partial(self._sender.send, preference=request.text),
            read=partial(self._hits, request=request),
        )
        hits = response["hits"]["hits"]
        return collapsing.found(hits, self._by_meaning(hits), pinned)

    def _counting(self, request: SearchRequest) -> Counting:
        return Counting(self._matching, request, self._currencies)

    def _facets(self, response: Response, request: SearchRequest) -> Facets:
        """Return the facets, after a request for ranges whose counts the response doesn't determine."""
        counting, counted = self._counting(request), response["aggregations"]
        facets, limits, numbers = read(counting, counted)
        if facets is not None:
            return facets
        prices = {PRICE: counting.price_aggregation(limits)} if limits else {}
        found = self._counted_again({**prices, **numbers})
        ranges = counting.price_counts(found[PRICE], limits) if limits else None
        return counting.facets(counted, ranges, found)

    def _counted_again(self, aggregations: Mapping[str, Aggregation]) -> Any:
        """Count the products of the last search."""
        query = {} if self._searched is None else {"query": self._searched["query"]}
        (response,) = self._sender.send({**query, "size": 0, "track_total_hits": False, "aggs": aggregations})
        return response["aggregations"]

    def _page(
        self,
        response: Response,
        request: SearchRequest,
        *,
        pinned: Sequence[Response],
        plan: Plan,
        matched: Matched = Matched.ALL,
    ) -> SearchPage:
        shown = {
            int(hit["_id"]): Hit(product_of(hit["_source"]), 0.0, pinned=True)
            for each in pinned
            for hit in each["hits"]["hits"]
        }
        found = self._found(response, request, shown)
        page = request.arrangement.page(
            found.ranked,
            count=found.count - len(found.shown),
            shown=found.shown,
            pinned_hit=found.shown.__getitem__,
        )
        return SearchPage(
            generation=self._index,
            hits=with_matches(page, request=request, plan=plan, schema=self._matching.schema),
            count=found.count,
            products=found.products,
            facets=self._facets(response, request) if request.facets else None,
            matched=matched,
            currency=price_currency(request, self._currencies),
        )
