"""The queries that count products match what the scored ones match."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from tantivy import Query

from benchmarks.search.catalogue import COLOURS, KINDS, MATERIALS
from benchmarks.search.fuzzed import FUZZED
from indexing.planning.plan import Plan
from indexing.ranking import RankingOptions
from indexing.request import SearchRequest
from indexing.tantivy.engine import TantivyEngine
from indexing.tantivy.reader import Snapshot
from tests.indexing.builders import product, variant
from tests.indexing.shop import Shop

ORDINARY = ("red oak lamp", "blak kettle", "headphones -red", '"oak lamp" 500 ml', "SKU-7", "SKU7 lamp", "l")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    chance, folder = random.Random(5), Path(tmp_path_factory.mktemp("search"))
    engine = TantivyEngine(folder)
    products = [
        product(
            number,
            f"{chance.choice(COLOURS)} {chance.choice(MATERIALS)} {chance.choice(KINDS)} {number} ml l",
            variants=(variant(number, sku=f"SKU-{number}"),),
        )
        for number in chance.sample(range(1, 200), k=199)
    ]
    opened = Shop.opened(engine, *products)
    opened.learn()
    yield opened
    engine.close()


def plan_of(shop: Shop, text: str) -> Plan | None:
    return shop.engine.search(SearchRequest(text=text)).plan


def matched(snapshot: Snapshot, query: Query) -> list[int]:
    hits = snapshot.searcher.search(snapshot.matching_all(query), 1_000, count=False).hits
    return sorted(snapshot.ids([address for _, address in hits]))


@pytest.mark.parametrize("kind", ["ordinary", *FUZZED])
def test_products_that_are_counted_are_those_that_are_scored(shop: Shop, kind: str) -> None:
    chance = random.Random(kind)
    texts = ORDINARY if kind == "ordinary" else [FUZZED[kind](chance)[:200] for _ in range(5)]
    plans = [plan for text in texts if (plan := plan_of(shop, text)) is not None]
    ranking = RankingOptions()
    with shop.engine._snapshot(shop.generation) as snapshot:  # type: ignore[attr-defined] # of tantivy
        for plan in plans:
            for _, required in plan.levels():
                scored = snapshot.matching.text(plan, required=required, ranking=ranking)
                counted = snapshot.matching.counted_text(plan, required=required, ranking=ranking)
                assert matched(snapshot, counted) == matched(snapshot, scored)
                mask = snapshot.matched(snapshot.matching_all(counted))
                assert snapshot.variants.ids[mask].tolist() == matched(snapshot, scored)


def test_many_equal_scores_are_ordered_by_id(shop: Shop) -> None:
    ids = [shop.ids("l", page=page, page_size=40) for page in (1, 2, 3, 4, 5)]

    assert [each for page in ids for each in page] == list(range(1, 200))
