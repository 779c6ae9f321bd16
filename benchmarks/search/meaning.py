"""Searches by words and meaning beside those by words alone, on one index with vectors."""

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice, product
from pathlib import Path

from backend.search.evaluation import bare_product, indexed_separately
from benchmarks.search.catalogue import COLOURS, KINDS, MATERIALS, products
from benchmarks.search.timing import Call, Cost, alternate
from indexing.encoder.model import TextEncoder
from indexing.encoder.settings import EncoderSettings, load
from indexing.engine import SearchEngine
from indexing.ranking import DEFAULT_RANKING, RankingOptions
from indexing.request import SearchRequest
from indexing.settings import SearchSettings

MOST_PRODUCTS = 5_000
"""Encoding more takes minutes and adds little: the nearest are found in a graph."""
MOST_ADDED = 6.0
"""Milliseconds that meaning may add to the median search."""
BY_WORDS = replace(DEFAULT_RANKING, meaning_weight=0.0)


def compare(encoder: EncoderSettings, *, name: str, url: str | None, count: int, rounds: int) -> None:
    """Print what meaning adds to the time of searches whose query was not encoded before, and of others."""
    settings = SearchSettings(
        engine=name,
        home=Path(tempfile.gettempdir()),
        elasticsearch_url=url or "",
        prefix=os.environ["VITRINE_SEARCH_PREFIX"],
        encoder=encoder,
    )
    count = min(count, MOST_PRODUCTS)
    imported = [each for batch in products(count) for each in batch][:count]
    documents = [
        bare_product(number, title=each.title, description=each.description, brand=each.brand)
        for number, each in enumerate(imported, start=1)
    ]
    with indexed_separately(documents, settings=settings) as engine:
        queries = _queries()
        new = alternate([_pair(engine, queries), _pair(engine, queries, reverse=True)], rounds=rounds)
        known = _encoded(load(encoder), islice(queries, rounds + 2))
        again = alternate([_pair(engine, known), _pair(engine, known, reverse=True)], rounds=rounds)
    _print(new, f"{count:,} products, new queries")
    _print(again, f"{count:,} products, queries encoded before")


def _print(costs: Mapping[str, Cost], described: str) -> None:
    (by_words, _), (by_both, _) = costs["words"].median(), costs["words and meaning"].median()
    wall, cpu = costs["words and meaning"].above(costs["words"])
    reached = "reached" if wall <= MOST_ADDED else "missed"
    print(
        f"meaning, {described}: {by_both:.2f} ms, words alone {by_words:.2f} ms,"
        f" {wall:.2f} more (at most {MOST_ADDED:g}: {reached}), own CPU {cpu:.2f} ms more"
    )


def _encoded(encoder: TextEncoder, queries: Iterable[str]) -> Iterator[str]:
    """Return the queries, whose vectors the encoder remembers now."""
    texts = list(queries)
    for text in texts:
        encoder.query(text)
    return iter(texts)


def _pair(engine: SearchEngine, queries: Iterator[str], *, reverse: bool = False) -> dict[str, Call]:
    """Return a search of each kind for the same query, in turn, which has been searched by neither before."""
    texts: dict[str, list[str]] = {"words": [], "words and meaning": []}

    def search(kind: str, ranking: RankingOptions) -> None:
        if not texts[kind]:
            query = next(queries)
            for waiting in texts.values():
                waiting.append(query)
        engine.search(SearchRequest(text=texts[kind].pop(), ranking=ranking))

    calls: dict[str, Call] = {
        "words": lambda: search("words", BY_WORDS),
        "words and meaning": lambda: search("words and meaning", DEFAULT_RANKING),
    }
    return dict(reversed(calls.items())) if reverse else calls


def _queries() -> Iterator[str]:
    """Yield different queries of three and four words that products match."""
    for first, second, kind in product(COLOURS, MATERIALS, KINDS):
        yield f"{first} {second} {kind}"
    for first, second, third, kind in product(COLOURS, COLOURS, MATERIALS, KINDS):
        yield f"{first} {second} {third} {kind}"
