"""Search one snapshot."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tantivy import Query

from indexing.buckets import Bucket
from indexing.currencies import in_one_currency, price_currency
from indexing.encoder.ahead import QueryEncoding, query_encoding
from indexing.facet_search import FacetSearch
from indexing.fields import WEIGHT
from indexing.lexicon.lexicon import Lexicon
from indexing.matches.hits import with_matches
from indexing.page import Fusion, Hit, Matched, SearchPage
from indexing.planning.plan import Plan
from indexing.planning.requests import plan_of
from indexing.ranking.fusion import WINDOW
from indexing.request import SearchRequest, Sort
from indexing.tantivy.collapsing import collapsed_hits
from indexing.tantivy.facets import Counting
from indexing.tantivy.matching import all_of
from indexing.tantivy.ordering import Ranked, all_in_order, by_score, hits_of, page_in_order
from indexing.tantivy.reader import Snapshot
from indexing.tantivy.rules import Rules
from indexing.understanding.requests import understand
from indexing.understanding.values import Reading

if TYPE_CHECKING:
    from indexing.encoder.model import TextEncoder
    from indexing.tantivy.meaning import Meaning


@dataclass(frozen=True, slots=True)
class TextQuery:
    """The query for the text of a request."""

    query: Query
    counted: Query
    """Matches the same products without scores."""
    scored: bool
    plan: Plan
    matched: Matched = Matched.ALL
    allowed: Query | None = None
    """For the products that may be added to those with the words of the text; None for all."""


@dataclass(frozen=True, slots=True)
class _Read:
    """A request as it is understood."""

    request: SearchRequest
    reading: Reading
    rules: Rules
    query: TextQuery
    encoding: QueryEncoding | None


def search(
    snapshot: Snapshot, request: SearchRequest, *, lexicon: Lexicon, encoder: "TextEncoder | None" = None
) -> SearchPage:
    """Return the requested page; with an encoder, meaning ranks as well as words."""
    read = _read(snapshot, request, lexicon, encoder)
    request, rules, reading = read.request, read.rules, read.reading
    found, meaning = _filled(snapshot, read)
    by_relevance = found.scored and request.sort is Sort.RELEVANCE
    text = rules.boosted(found.query) if by_relevance else found.counted
    query = all_of(rules.organic(text), *snapshot.filters(request.filters))
    shown = rules.shown()
    products: int | None = None
    if request.collapse:
        count, hits, shown, products = _collapsed(
            snapshot, query, request, shown, meaning=meaning, by_relevance=by_relevance
        )
    elif by_relevance:
        count, hits = _by_relevance(snapshot, query, request, meaning=meaning)
    else:
        count, hits = snapshot.count(query), page_in_order(snapshot, query, request)
    page = request.arrangement.page(hits, count=count, shown=shown, pinned_hit=shown.__getitem__)
    counted = rules.counted(found.counted)
    return SearchPage(
        generation=snapshot.generation,
        hits=with_matches(page, request=request, plan=found.plan, schema=snapshot.matching.fields),
        count=count + len(shown),
        products=products,
        facets=Counting(snapshot, counted, request).facets() if request.facets else None,
        corrected_text=reading.whole(found.plan.corrected_text),
        matched=found.matched,
        currency=price_currency(request, snapshot.currencies),
        understood=reading.understood,
        searched_text=reading.text,
        plan=found.plan if found.scored else None,
    )


def facet_values(
    snapshot: Snapshot,
    request: SearchRequest,
    wanted: FacetSearch,
    *,
    lexicon: Lexicon,
    encoder: "TextEncoder | None" = None,
) -> tuple[Bucket, ...]:
    """Return the values of a facet of `request` that `wanted` finds."""
    read = _read(snapshot, request, lexicon, encoder)
    found, _ = _filled(snapshot, read)
    return Counting(snapshot, read.rules.counted(found.counted), read.request).found(wanted)


def _filled(snapshot: Snapshot, read: _Read) -> tuple[TextQuery, "Meaning | None"]:
    """Return the query with products of similar meaning, and the meaning of the text if that ranks."""
    meaning = _meaning(snapshot, read.request, read.query, encoding=read.encoding)
    return read.query if meaning is None else meaning.filled(read.query, read.request, read.rules), meaning


def _read(
    snapshot: Snapshot, request: SearchRequest, lexicon: Lexicon, encoder: "TextEncoder | None"
) -> _Read:
    """Return the request as it is understood."""
    schema = snapshot.matching.fields
    request, reading = understand(request, schema=schema, evidence=lexicon)
    encoding = query_encoding(request, schema=schema, encoder=encoder)
    request = snapshot.with_numbers(in_one_currency(request, snapshot.currencies))
    rules = Rules(snapshot, request)
    planned = plan_of(
        request,
        reading.understood,
        schema=schema,
        lexicon=lexicon,
        count=snapshot.products_with,
        count_codes=snapshot.products_with_codes,
    )
    return _Read(request, reading, rules, text_query(snapshot, request, rules, planned), encoding)


def text_query(snapshot: Snapshot, request: SearchRequest, rules: Rules, planned: Plan) -> TextQuery:
    """Return the strictest reading of the query that matches enough products.

    Filters are not considered, so that a filter never widens a result.
    """
    if not planned.needs:
        query = Query.empty_query() if request.text.strip() else Query.all_query()
        return TextQuery(query, query, scored=False, plan=planned)
    return _strictest(snapshot, planned, request, rules)


def _strictest(snapshot: Snapshot, planned: Plan, request: SearchRequest, rules: Rules) -> TextQuery:
    matching, ranking = snapshot.matching, request.ranking
    levels = planned.levels()
    for matched, required in levels:
        counted = matching.counted_text(planned, required=required, ranking=ranking)
        if matched is levels[-1][0] or snapshot.count(rules.organic(counted)) >= request.relax_below:
            break
    return TextQuery(
        query=matching.text(planned, required=required, ranking=ranking),
        counted=counted,
        scored=True,
        plan=planned,
        matched=matched,
        allowed=matching.allowed(planned),
    )


def _meaning(
    snapshot: Snapshot, request: SearchRequest, found: TextQuery, *, encoding: "QueryEncoding | None"
) -> "Meaning | None":
    if encoding is None or not found.scored or found.plan.only_codes:
        return None
    from indexing.tantivy.meaning import meaning_of  # noqa: PLC0415 (needs the extra `semantic`)

    return meaning_of(snapshot, request, found.plan.corrected_text or request.text, encoding=encoding)


def _by_relevance(
    snapshot: Snapshot, query: Query, request: SearchRequest, *, meaning: "Meaning | None"
) -> tuple[int, tuple[Hit, ...]]:
    """Return the number of products that match, and the hits of the page."""
    start, end = request.arrangement.start, request.arrangement.end
    if start >= WINDOW:
        meaning = None
    count, ranked, fusions = _by_words_and_meaning(snapshot, query, request, end, meaning=meaning)
    return count, _ranked_hits(snapshot, ranked[start:end], fusions)


def _by_words_and_meaning(
    snapshot: Snapshot, query: Query, request: SearchRequest, end: int, *, meaning: "Meaning | None"
) -> tuple[int, Ranked, Mapping[int, Fusion]]:
    """Return the number of products that match, at least the best `end`, and the parts of their scores."""
    factor = WEIGHT if request.ranking.weighs_popularity_and_stock else None
    if meaning is None:
        return *by_score(snapshot, query, end, factor=factor), {}
    count, by_words = by_score(snapshot, query, max(end, WINDOW), factor=factor)
    return count, *meaning.ranked(by_words)


def _ranked_hits(snapshot: Snapshot, ranked: Ranked, fusions: Mapping[int, Fusion]) -> tuple[Hit, ...]:
    products = snapshot.documents([address for _, _, address in ranked])
    return tuple(
        Hit(product, -score, fusion=fusions.get(product.id))
        for product, (score, _, _) in zip(products, ranked, strict=True)
    )


def _collapsed(
    snapshot: Snapshot,
    query: Query,
    request: SearchRequest,
    pinned: Mapping[int, Hit],
    *,
    meaning: "Meaning | None",
    by_relevance: bool,
) -> tuple[int, tuple[Hit, ...], dict[int, Hit], int]:
    """Return one product of each group, the pinned one or else the first.

    They are: the number of hits without the pinned ones, those of the page, the pinned ones, and the number
    of products.
    """
    start, end = request.arrangement.start, request.arrangement.end
    ranked: Ranked = []
    fusions: Mapping[int, Fusion] = {}
    if by_relevance:
        most = max(1, snapshot.searcher.num_docs)
        _, ranked, fusions = _by_words_and_meaning(snapshot, query, request, most, meaning=meaning)
        ids = [product_id for _, product_id, _ in ranked]
    else:
        ids = all_in_order(snapshot, query, request)
    found = collapsed_hits(snapshot, request, ids, pinned)
    needed = found.places[start:end].tolist()
    if by_relevance:
        hits = _ranked_hits(snapshot, [ranked[each] for each in needed], fusions)
    else:
        hits = hits_of(snapshot, [ids[each] for each in needed])
    shown = {each: found.described(pinned[each]) for each in found.pinned}
    return len(found.places), tuple(map(found.described, hits)), shown, found.products
